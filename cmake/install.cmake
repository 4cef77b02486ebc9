# SPDX-License-Identifier: MIT
# The program, its scenarios, manual pages and shell completions.
if(TARGET syncspec)
    install(TARGETS syncspec RUNTIME)
endif()
install(DIRECTORY scenarios
    DESTINATION ${CMAKE_INSTALL_DATADIR}/syncspec)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

file(GLOB pages CONFIGURE_DEPENDS docs/*.1 docs/man/*.1)
install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# install(FILES) with a new name, if the file is there.
function(syncspec_install_as file folder name)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${file})
        install(FILES ${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder}
            RENAME ${name})
    endif()
endfunction()
syncspec_install_as(docs/completion/syncspec.bash
    bash-completion/completions syncspec)
syncspec_install_as(docs/completion/syncspec.zsh
    zsh/site-functions _syncspec)
syncspec_install_as(docs/completion/syncspec.fish
    fish/vendor_completions.d syncspec.fish)
