// SPDX-License-Identifier: BSD-3-Clause
// Runs the client of docs/remote.md: `run_remote_client PROGRAM`.
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include "nexus_llm/simulator/simulator.hpp"
#include "tests/cli/child.hpp"

int main(int argc, char** argv) {
  using namespace nexus::llm;
  if (argc < 2)
    return 2;
  simulator::SimulatorOptions options;
  options.models = {{.name = "llama3.1:8b"}};
  const simulator::Simulator ollama{options};
  cli::test::Child node{
      {.arguments = {"serve", "--base-url", ollama.base_url(), "--listen", "127.0.0.1:0"},
       .directory = std::filesystem::temp_directory_path(),
       .environment = {{"HOME", "/nonexistent"}},
       .output_file = {}}};
  if (!node.read_until("\n")) {
    std::cerr << node.err();
    return 1;
  }
  const auto address = node.out().substr(0, node.out().find('\n'));
  const auto port = address.substr(address.rfind(':') + 1);
  const auto client = std::string{argv[1]} + " 127.0.0.1 " + port;
  const int failed = std::system(client.c_str());
  node.signal(SIGTERM);
  return failed != 0 || node.wait() != 0 ? 1 : 0;
}
