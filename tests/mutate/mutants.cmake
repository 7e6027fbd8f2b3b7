# Makes a project one with mutants: CMake includes this at its `project`.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-w>
  "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ${CMAKE_CURRENT_LIST_DIR}/mutant.hpp>")
set(CMAKE_CXX_STANDARD 20)
add_library(mutants STATIC ${CMAKE_CURRENT_LIST_DIR}/mutant.cpp)
target_include_directories(mutants PRIVATE ${CMAKE_CURRENT_LIST_DIR}/../..)
link_libraries(mutants)

# What does not compile is left out, and the file compiled again: by itself that takes seconds.
function(compile_each_mutated_file_by_itself)
  if(TARGET nexus_llm_core)
    set_target_properties(nexus_llm_core PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()
cmake_language(DEFER CALL compile_each_mutated_file_by_itself)
