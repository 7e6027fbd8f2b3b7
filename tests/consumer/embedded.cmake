# Configures a project that has this one as a part of it, by add_subdirectory or FetchContent, and
# compiles a file of it: what the library needs reaches it, and nothing else does.
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${SCRATCH_DIRECTORY})
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/embedding_project -B ${SCRATCH_DIRECTORY} -G Ninja
  -DCMAKE_CXX_COMPILER=${COMPILER} -DSOURCE=${SOURCE} -DHOW=${HOW} -DCAF_ROOT=${CAF_ROOT}
  -DEXAMPLES=${EXAMPLES})
run(${CMAKE_COMMAND} --build ${SCRATCH_DIRECTORY} --target example)
file(REMOVE_RECURSE ${SCRATCH_DIRECTORY})
