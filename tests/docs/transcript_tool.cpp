// SPDX-License-Identifier: BSD-3-Clause
// Writes the first five minutes of a newcomer into the documentation, by really spending them: the
// program on a pseudo-terminal, before a simulated Ollama. `nexus-llm-transcript [--check] PAGE`.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nexus_llm/simulator/simulator.hpp"
#include "tests/cli/child.hpp"
#include "tests/cli/screen.hpp"
#include "tests/docs/doc_section.hpp"

namespace fs = std::filesystem;
using namespace nexus::llm;
using cli::test::Child;
using cli::test::Screen;

namespace {

constexpr const char* small_model = "llama3.2:1b";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// What a person types once the screen shows this text.
struct Typed {
  std::string shown;
  std::string keys;
};

/// A home of its own, with the program in the PATH, and an Ollama that has just been installed.
class Newcomer {
public:
  explicit Newcomer(const fs::path& program)
      : simulator_{{.registry = std::vector<simulator::SimulatedModel>{{.name = small_model}}}} {
    std::string pattern = (fs::temp_directory_path() / "nexus-newcomer-XXXXXX").string();
    home_ = ::mkdtemp(pattern.data());
    fs::create_directories(home_ / "bin");
    fs::create_symlink(program, home_ / "bin" / "nexus-llm");
    environment_ = {{"HOME", home_.string()},
                    {"TERM", "xterm"},
                    {"LANG", "C.UTF-8"},
                    {"OLLAMA_HOST", simulator_.base_url()},
                    {"PATH", (home_ / "bin").string() + ":/usr/bin:/bin"}};
    for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"})
      if (const char* value = std::getenv(name))
        environment_[name] = value;
  }
  ~Newcomer() {
    std::error_code ignored;
    fs::remove_all(home_, ignored);
  }
  Newcomer(const Newcomer&) = delete;
  Newcomer& operator=(const Newcomer&) = delete;

  /// Lets the model answer with this text from now on.
  void answer(const std::string& text) { simulator_.set_reply(small_model, text); }

  /// Enters a command of the shell, and returns what the screen shows at its end.
  std::string enter(const std::string& command, const std::vector<Typed>& typing = {}) {
    Child child{{.arguments = {"-c", command},
                 .directory = home_,
                 .environment = environment_,
                 .output_file = {},
                 .terminal = true,
                 .program = "/bin/sh"}};
    for (const auto& typed : typing) {
      if (!child.read_until(typed.shown))
        throw std::runtime_error{command + " never showed " + typed.shown + ":\n" + child.out()};
      child.write(typed.keys);
    }
    child.wait();
    // Before the terminal wraps lines where they are long.
    auto output = child.out();
    replace_all(output, simulator_.base_url(), "http://localhost:11434");
    replace_all(output, home_.string(), "~");
    Screen screen{100, 24};
    screen.feed(output);
    const auto shown = screen.text();
    return "$ " + command + "\n" + shown + (shown.empty() ? "" : "\n");
  }

private:
  simulator::Simulator simulator_;
  fs::path home_;
  std::map<std::string, std::string> environment_;
};

std::string first_five_minutes(const fs::path& program) {
  Newcomer newcomer{program};
  std::string text;
  const auto part = [&text](const std::string& told) {
    text += (text.empty() ? "" : "```\n\n") + told + "\n\n```console\n";
  };
  part("What is missing?");
  text += newcomer.enter("nexus-llm doctor");
  part("A small model, for both roles:");
  text += newcomer.enter("nexus-llm models pull llama3.2:1b");
  text += newcomer.enter("nexus-llm role set overseer llama3.2:1b");
  text += newcomer.enter("nexus-llm role set implementation llama3.2:1b");
  text += newcomer.enter("nexus-llm doctor");
  part("A question, and one about what is piped in:");
  newcomer.answer("Red, green and blue.");
  text += newcomer.enter("nexus-llm generate \"Name three colours\"");
  newcomer.answer("Bread and milk.");
  text += newcomer.enter("printf 'bread\\nmilk\\n' | nexus-llm generate \"What shall I buy?\"");
  part("A conversation. The keys ↑, Tab and Ctrl-R do what they do in a shell, and a slip is "
       "noticed:");
  newcomer.answer("Paris.");
  text += newcomer.enter("nexus-llm chat", {{">>> ", "What is the capital of France?\r"},
                                            {"Paris.", ""},
                                            {">>> ", "/sytem\r"},
                                            {"did you mean", ""},
                                            {"sytem", "\x15/system Be brief.\r"},
                                            {"text is set", ""},
                                            {">>> ", "/set temp\t0.2\r"},
                                            {"temperature 0.2", ""},
                                            {">>> ", "/save travel\r"},
                                            {"saved as travel", ""},
                                            {">>> ", "/bye\r"}});
  newcomer.answer("About two million people live there.");
  text += newcomer.enter(
      "nexus-llm chat --conversation travel",
      {{">>> ", "How many people live there?\r"}, {"live there.", ""}, {">>> ", "\x04"}});
  part("A slip of the fingers costs no search in the manual:");
  text += newcomer.enter("nexus-llm modles ls");
  text += newcomer.enter("nexus-llm generate -m lama3.2:1b hi");
  part("For scripts, the same as JSON, with a schema (`nexus-llm schema`):");
  text += newcomer.enter("nexus-llm models check llama3.2:1b --json");
  return text + "```\n";
}

} // namespace

int main(int argc, char** argv) {
  const bool check = argc > 1 && std::string_view{argv[1]} == "--check";
  const fs::path page = argc > (check ? 2 : 1) ? argv[check ? 2 : 1] : "docs/terminal.md";
  try {
    const auto text = first_five_minutes(NEXUS_LLM_PROGRAM);
    return test::update_section(page, "first five minutes", text, check) || !check ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
