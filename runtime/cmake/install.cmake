# What is installed: the libraries, the public headers, the program with its completions and manual
# page, and what CMake and pkg-config need to find them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
# The parts of the packages for Debian; see package.cmake.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)

install(TARGETS ${libraries} EXPORT nexus_llm_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS nexus-llm RUNTIME COMPONENT program)
# Without these, such as in a cross build that cannot run the program, it works as well.
set(shell_files ${PROJECT_BINARY_DIR}/runtime/cli/shell)
install(FILES ${shell_files}/nexus-llm
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  COMPONENT program OPTIONAL)
install(FILES ${shell_files}/_nexus-llm
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program OPTIONAL)
install(FILES ${shell_files}/nexus-llm.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
  COMPONENT program OPTIONAL)
install(FILES ${shell_files}/nexus-llm.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  COMPONENT program OPTIONAL)
foreach(layer messages config actors runtime)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${layer}/include/nexus_llm
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/nexus_llm)
install(EXPORT nexus_llm_targets NAMESPACE nexus_llm::
  FILE nexus_llm-targets.cmake
  DESTINATION ${package_directory})
configure_package_config_file(runtime/cmake/nexus_llm-config.cmake.in
  ${PROJECT_BINARY_DIR}/nexus_llm-config.cmake
  INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nexus_llm-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/nexus_llm-config.cmake
  ${PROJECT_BINARY_DIR}/nexus_llm-config-version.cmake
  ${PROJECT_SOURCE_DIR}/runtime/cmake/FindCAF.cmake
  DESTINATION ${package_directory})

# As long as they stay together, the files may be moved.
file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
# A static library leaves what it needs to whoever links it.
set(pc_requires Requires)
if(BUILD_SHARED_LIBS)
  set(pc_requires Requires.private)
endif()
configure_file(runtime/cmake/nexus_llm.pc.in ${PROJECT_BINARY_DIR}/nexus_llm.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nexus_llm.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
