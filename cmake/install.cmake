# SPDX-License-Identifier: MIT
# The program, its scenarios, documents, manual pages and the completion of
# bash.  Malformed scenarios are the parser's tests, and nothing to play.
install(DIRECTORY scenarios
    DESTINATION ${CMAKE_INSTALL_DATADIR}/syncspec
    PATTERN malformed EXCLUDE)
install(FILES LICENSE README.md CHANGELOG.md
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR}
    PATTERN "*.[15]" EXCLUDE)

foreach(section 1 5)
    file(GLOB pages CONFIGURE_DEPENDS docs/*.${section})
    install(FILES ${pages}
        DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# The program prints its completion, so that it knows every command.
if(TARGET syncspec)
    install(TARGETS syncspec RUNTIME)
    set(completion ${PROJECT_BINARY_DIR}/completion/syncspec)
    install(CODE "
        file(MAKE_DIRECTORY \"${PROJECT_BINARY_DIR}/completion\")
        execute_process(COMMAND \"$<TARGET_FILE:syncspec>\" completion bash
            OUTPUT_FILE \"${completion}\" COMMAND_ERROR_IS_FATAL ANY)")
    install(FILES ${completion}
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
