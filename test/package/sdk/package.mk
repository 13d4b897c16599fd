# See rules.mk.
Download=
sdk_packages=
define BuildPackage
sdk_packages+=$(1)
install-$(1): ; $$(call Package/$(1)/install,$$(DEST))
conffiles-$(1): ; $$(foreach file,$$(Package/$(1)/conffiles),@echo $$(file))
endef
prepare: ; $(call Build/Prepare)
print: ; @echo '$($(NAME))'
packages: ; @echo $(strip $(sdk_packages))
board-%: ; @$(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) TOPDIR=$(TOPDIR) BUILD_VARIANT=$* NAME=MOONGATE_BOARD print
