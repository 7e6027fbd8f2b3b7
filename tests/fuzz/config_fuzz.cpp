// SPDX-License-Identifier: BSD-3-Clause
// A settings file is read or refused; what was read is valid, and survives being saved.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/config_file.hpp"
#include "config/config_keys.hpp"
#include "nexus_llm/config_store.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;
namespace fs = std::filesystem;

namespace {

/// A directory of this process, gone with it.
class Scratch {
public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "nexus-llm-fuzz-XXXXXX").string();
    must(::mkdtemp(pattern.data()) != nullptr, "there is a place for a file");
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] fs::path file() const { return path_ / "config.json"; }

private:
  fs::path path_;
};

void check_error(const LLMError& error) {
  must(category(error.code) == ErrorCategory::configuration ||
           category(error.code) == ErrorCategory::validation,
       "the failure is about the settings");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  Input input{data, size};
  const bool as_patch = input.take_byte() % 2 == 1;
  const auto text = input.rest();
  if (as_patch) {
    const auto patched = make_memory_store({})->update(text);
    if (patched)
      must(validate(*patched).has_value(), "patched settings are valid");
    else
      check_error(patched.error());
    return 0;
  }
  std::ofstream{scratch.file(), std::ios::binary} << text;
  auto config = load_config(scratch.file());
  if (!config) {
    check_error(config.error());
    return 0;
  }
  must(validate(*config).has_value(), "what was read is valid");
  config->max_retries = config->max_retries == 7 ? 8 : 7;
  must(save_config(scratch.file(), *config).has_value(), "a good file can be saved");
  const auto again = load_config(scratch.file());
  must(again.has_value() && *again == *config, "what was saved is what is read");
  return 0;
}
