/* A model list as bytes for the state directory, and back. Nothing in a blob is trusted. */
#ifndef MOONGATE_MODEL_BLOB_H
#define MOONGATE_MODEL_BLOB_H

#include "core/model/model_list.h"

struct model_blob_about {
    uint64_t key; /* model_account_key */
    uint64_t fetched_wall_ms;
};

/*
 * All numbers little-endian:
 *   8 bytes "mgmodels", u16 version 1, u16 count, u64 key, u64 fetched_wall_ms, u32 left_out,
 *   count times: i32 usage_left, u8 type and new (bit 7), u8 lengths of identifier, name and type
 *   text, then their bytes; u32 CRC-32 (IEEE 802.3) of all before.
 */

/* Writes list to out. Returns the length, or 0 when cap is too small. */
size_t model_blob_write(const struct model_list *list, const struct model_blob_about *about,
                        void *out, size_t cap);

/* Reads what model_blob_write made; list is written from the start, also when false is answered:
 * the blob is cut, longer than it says, of another version, fails its checksum, or does not fit.
 * */
bool model_blob_read(struct model_list *list, struct model_blob_about *about, const void *blob,
                     size_t len);

#endif
