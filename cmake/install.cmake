# SPDX-License-Identifier: MIT
# The program, its scenarios, manual pages and the completion of bash.
install(DIRECTORY scenarios
    DESTINATION ${CMAKE_INSTALL_DATADIR}/syncspec)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

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
