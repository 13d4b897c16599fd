/*
 * How inih is compiled: put before its ini.h (-include for its own ini.c). It sees lines that
 * core/settings made: a number for the section, a number for the key, the value as it was written.
 */
#ifndef MOONGATE_INI_OPTIONS_H
#define MOONGATE_INI_OPTIONS_H

#include "config/bounds.h"

#ifndef LIMIT_CONFIG_VALUE_BYTES /* one value, an array joined to one line; on the stack */
#define LIMIT_CONFIG_VALUE_BYTES 4096
#endif

#define INI_MAX_LINE (LIMIT_CONFIG_VALUE_BYTES + 32) /* and the key's number, " = ", newline, NUL */
#define INI_USE_STACK 1                /* no heap */
#define INI_ALLOW_INLINE_COMMENTS 0    /* it would cut values at ';' even inside quotes */
#define INI_ALLOW_MULTILINE 0          /* arrays are joined before */
#define INI_ALLOW_BOM 0                /* skipped before */
#define INI_STOP_ON_FIRST_ERROR 0      /* all faults in one run */
#define INI_HANDLER_LINENO 0
#define INI_CALL_HANDLER_ON_NEW_SECTION 0
#define INI_ALLOW_NO_VALUE 0

#endif
