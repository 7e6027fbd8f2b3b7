// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/demo/demo_program.hpp"

int main(int argc, char** argv) { return nexus::llm::cli::run_demo_program(argc, argv); }
