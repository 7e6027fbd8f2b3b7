// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/app.hpp"

int main(int argc, char** argv) { return nexus::llm::cli::run_app(argc, argv); }
