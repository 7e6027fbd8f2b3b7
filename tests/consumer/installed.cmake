# Installs the package into a scratch directory and builds against it: a small project with
# find_package, one program with pkg-config, and each public header alone.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${SCRATCH_DIRECTORY})
set(prefix ${SCRATCH_DIRECTORY}/prefix)
run(${CMAKE_COMMAND} --install ${BUILD_DIRECTORY} --prefix ${prefix})

file(GLOB_RECURSE installed RELATIVE ${prefix}/include ${prefix}/include/*)
foreach(header ${installed})
  if(NOT header MATCHES "^nexus_llm/[a-z_/]+\\.hpp$")
    message(FATAL_ERROR "${header} is no public header")
  endif()
endforeach()

# What shells and `man` look for.
foreach(file
    share/bash-completion/completions/nexus-llm
    share/zsh/site-functions/_nexus-llm
    share/fish/vendor_completions.d/nexus-llm.fish
    share/man/man1/nexus-llm.1)
  file(SIZE ${prefix}/${file} size)
  if(size EQUAL 0)
    message(FATAL_ERROR "${file} is empty")
  endif()
endforeach()

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()
run(${CMAKE_COMMAND} -S ${PROJECT_DIRECTORY} -B ${SCRATCH_DIRECTORY}/build -G Ninja
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${prefix} -DCAF_ROOT=${CAF_ROOT}
  -DEXAMPLES=${EXAMPLES} -DCMAKE_CXX_FLAGS=${flags})
run(${CMAKE_COMMAND} --build ${SCRATCH_DIRECTORY}/build)
run(${SCRATCH_DIRECTORY}/build/consumer)
run(${SCRATCH_DIRECTORY}/build/script)

set(caf_flags "")
if(CAF_ROOT)
  set(caf_flags -I${CAF_ROOT}/include)
endif()
foreach(header ${installed})
  file(WRITE ${SCRATCH_DIRECTORY}/alone.cpp "#include <${header}>\n#include <${header}>\n")
  run(${COMPILER} -std=c++20 -Wall -Wextra -Wpedantic -Werror -Wno-deprecated-declarations
    -fsyntax-only -I${prefix}/include ${caf_flags} ${SCRATCH_DIRECTORY}/alone.cpp)
endforeach()

execute_process(
  COMMAND ${COMPILER} -std=c++20 -fsyntax-only -I${prefix}/include ${caf_flags}
    ${CMAKE_CURRENT_LIST_DIR}/wrong_subscriber.cpp
  RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE output)
if(result EQUAL 0 OR NOT output MATCHES "this actor is no subscriber of streams")
  message(FATAL_ERROR "a wrong subscriber is not refused with a reason:\n${output}")
endif()

find_program(PKG_CONFIG pkg-config)
if(PKG_CONFIG AND NOT CAF_ROOT)
  file(GLOB_RECURSE pc ${prefix}/*/nexus_llm.pc)
  get_filename_component(pc_directory "${pc}" DIRECTORY)
  set(ENV{PKG_CONFIG_PATH} ${pc_directory})
  execute_process(COMMAND ${PKG_CONFIG} --cflags --libs nexus_llm
    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(found)
  run(${COMPILER} ${flags} ${EXAMPLES}/embedding_example.cpp -o ${SCRATCH_DIRECTORY}/with_pkg_config
    ${found})
endif()
file(REMOVE_RECURSE ${SCRATCH_DIRECTORY})
