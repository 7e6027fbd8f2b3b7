// SPDX-License-Identifier: BSD-3-Clause
// Runs the official JavaScript client, unchanged, against the simulator. Exit code 77, which CTest
// shows as skipped, where Node.js or the client is not to be had.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "nexus_llm/simulator/simulator.hpp"

using namespace std::chrono_literals;

namespace {
bool works(const std::string& command) { return std::system(command.c_str()) == 0; }
int skip(const char* why) {
  std::printf("skipped: %s\n", why);
  return 77;
}
} // namespace

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  const std::string script = argv[1];
  const std::string directory = argv[2];
  if (!works("node --version >/dev/null 2>&1") || !works("npm --version >/dev/null 2>&1"))
    return skip("there is no Node.js, or no npm");
  if (!std::filesystem::exists(directory + "/node_modules/ollama") &&
      !works("npm install --silent --no-fund --no-audit --prefix '" + directory +
             "' ollama@0.6 >/dev/null 2>&1"))
    return skip("the client cannot be had from the registry of npm");
  nexus::llm::simulator::SimulatorOptions options;
  options.models = {{.name = "demo"},
                    {.name = "caller",
                     .capabilities = {"completion", "tools", "thinking"},
                     .thinking = "Let me see.",
                     .calls_every_tool = true},
                    {.name = "broken"}};
  options.token_delay = 5ms;
  nexus::llm::simulator::Simulator ollama{options};
  ollama.inject(nexus::llm::simulator::Fault::busy().for_model("broken"));
  ollama.inject(
      nexus::llm::simulator::Fault::error_line(1, "it broke").for_model("broken").times(0));
  return works("node '" + script + "' " + ollama.base_url() + " '" + directory +
               "/node_modules/ollama'")
             ? 0
             : 1;
}
