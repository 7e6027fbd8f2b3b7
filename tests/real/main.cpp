// SPDX-License-Identifier: BSD-3-Clause
// Holds the library and the program against a real Ollama with a small model, and prints a table.
#include <curl/curl.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include "config/base_url.hpp"
#include "nexus_llm/log.hpp"
#include "tests/real/checks.hpp"
#include "tests/real/model_folder.hpp"
#include "tests/real/own_server.hpp"

using namespace nexus::llm;
using namespace nexus::llm::real;

namespace {

namespace fs = std::filesystem;

/// Larger models take too long for a suite of some hundred requests.
constexpr std::uint64_t largest = 2u << 30;

std::optional<fs::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const auto file = fs::path{rest.substr(0, colon)} / name;
    if (file.is_absolute() && ::access(file.c_str(), X_OK) == 0 && fs::is_regular_file(file))
      return file;
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
  }
  return std::nullopt;
}

/// The capabilities of a model, as the server tells.
std::vector<std::string> capabilities(const PlainClient& client, const std::string& model) {
  const auto document = client.post("/api/show", R"({"model":")" + model + R"("})").document();
  std::vector<std::string> found;
  if (const auto* list = json::find(document, "capabilities"); list != nullptr && list->IsArray())
    for (const auto& entry : list->GetArray())
      if (entry.IsString())
        found.emplace_back(json::text_of(entry));
  return found;
}

/// The model that was asked for, or the smallest that can answer; nothing where there is none.
std::optional<std::string> choose_model(const PlainClient& client, const std::string& wanted) {
  const auto document = client.get("/api/tags").document();
  const auto* models = json::find(document, "models");
  if (models == nullptr || !models->IsArray())
    return std::nullopt;
  std::vector<std::pair<std::uint64_t, std::string>> by_size;
  for (const auto& entry : models->GetArray()) {
    const std::string name{json::find_text(entry, "name").value_or("")};
    if (name == wanted || name == wanted + ":latest")
      return name;
    const auto size = json::find_count(entry, "size");
    if (size <= largest && !json::find_text(entry, "remote_host"))
      by_size.emplace_back(size, name);
  }
  if (!wanted.empty())
    return std::nullopt;
  std::sort(by_size.begin(), by_size.end());
  for (const auto& [size, name] : by_size) {
    const auto able_to = capabilities(client, name);
    if (std::find(able_to.begin(), able_to.end(), "completion") != able_to.end())
      return name;
  }
  return std::nullopt;
}

/// A directory that is gone afterwards.
struct Directory {
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "nexus-real-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  fs::path path;
};

/// Where the handler of signals writes their numbers.
int signals = -1;

extern "C" void pass_on(int number) {
  const char byte = static_cast<char>(number);
  static_cast<void>(::write(signals, &byte, 1));
}

/// From now on a signal that ends this program first ends the server and removes the directory.
void clean_up_when_interrupted(const fs::path& directory) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return;
  signals = ends[1];
  std::thread{[directory, end = ends[0]] {
    char number = 0;
    if (::read(end, &number, 1) != 1)
      return;
    OwnServer::kill_running();
    std::error_code ignored;
    fs::remove_all(directory, ignored);
    ::_exit(128 + number);
  }}.detach();
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    std::signal(number, pass_on);
}

std::string version_of(const PlainClient& client) {
  const auto document = client.get("/api/version").document();
  return std::string{json::find_text(document, "version").value_or("of an unknown version")};
}

/// Runs everything; the exit code.
int run(const Stage& stage, const std::string& origin, const std::string& filter) {
  std::printf("Ollama %s, %s, model %s\n\n", version_of(stage.other).c_str(), origin.c_str(),
              stage.model.c_str());
  Report report{filter};
  answer_checks(stage, report);
  window_checks(stage, report);
  sharing_checks(stage, report);
  ending_checks(stage, report);
  command_checks(stage, report);
  failure_checks(stage, report);
  return report.finish() ? 0 : 1;
}

int skip(const std::string& why) {
  std::printf("skipped: %s\n", why.c_str());
  return 0;
}

} // namespace

int main(int argc, char** argv) try {
  const std::string wanted = argc > 1 ? argv[1] : "";
  const std::string filter = argc > 2 ? argv[2] : "";
  ::curl_global_init(CURL_GLOBAL_DEFAULT);
  // The table tells what matters of the many failures that are caused here.
  set_logger(nullptr);
  const Directory directory;
  clean_up_when_interrupted(directory.path);

  const auto program = find_program("ollama");
  const auto folder = find_model_folder();
  if (program && folder) {
    fs::create_directories(directory.path / "server");
    // What the requests must not change differs from what this library or Ollama would choose.
    OwnServer server{*program,
                     directory.path / "server",
                     *folder,
                     {{"OLLAMA_CONTEXT_LENGTH", "1024"},
                      {"OLLAMA_KEEP_ALIVE", "24h"},
                      // No way out: what it asks of other machines ends at a port of this one.
                      {"HTTP_PROXY", "http://127.0.0.1:1"},
                      {"HTTPS_PROXY", "http://127.0.0.1:1"}}};
    server.start();
    const PlainClient client{server.base_url()};
    if (const auto model = choose_model(client, wanted))
      return run({server.base_url(), *model, client, &server, directory.path},
                 "started from " + program->string(), filter);
  }

  const char* named = std::getenv("OLLAMA_HOST");
  const auto address = parse_ollama_host(named != nullptr && *named != '\0' ? named : "localhost");
  if (!address)
    return skip(sentence(address.error()));
  const auto base_url = address->text();
  const PlainClient client{base_url};
  if (client.get("/api/version").status != 200)
    return skip("there is no `ollama` with a folder of models on the PATH, and none answers at " +
                base_url);
  if (const auto model = choose_model(client, wanted))
    return run({base_url, *model, client, nullptr, directory.path}, "running at " + base_url,
               filter);
  if (wanted.empty())
    return skip("no model of up to 2 GiB is installed that can answer");
  std::fprintf(stderr, "The model %s is not installed.\n", wanted.c_str());
  return 2;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
