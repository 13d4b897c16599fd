# See rules.mk.
Download=
define BuildPackage
install: ; $$(call Package/$(1)/install,$$(DEST))
prepare: ; $$(call Build/Prepare)
print: ; @echo '$$($$(NAME))'
conffiles: ; $$(foreach file,$$(Package/$(1)/conffiles),@echo $$(file))
endef
