// SPDX-License-Identifier: BSD-3-Clause
// Runs the example of the README against the simulator, in an empty home.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "nexus_llm/simulator/simulator.hpp"

int main(int argc, char** argv) {
  if (argc != 2)
    return 2;
  nexus::llm::simulator::SimulatorOptions options;
  options.models = {{.name = "llama3.1:8b"}};
  nexus::llm::simulator::Simulator ollama{options};
  std::string home = (std::filesystem::temp_directory_path() / "nexus-llm-XXXXXX").string();
  if (mkdtemp(home.data()) == nullptr)
    return 2;
  setenv("HOME", home.c_str(), 1);
  setenv("XDG_CONFIG_HOME", home.c_str(), 1);
  unsetenv("NEXUS_OVERSEER_CONFIG");
  setenv("OLLAMA_HOST", ollama.base_url().c_str(), 1);
  std::filesystem::current_path(home);
  std::string output;
  auto* pipe = popen(("'" + std::string{argv[1]} + "'").c_str(), "r");
  char buffer[256];
  while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr)
    output += buffer;
  const bool fine = pipe != nullptr && pclose(pipe) == 0;
  std::filesystem::current_path("/");
  std::filesystem::remove_all(home);
  std::printf("%s\n", output.c_str());
  return fine && output.find("[simulated]") != std::string::npos ? 0 : 1;
}
