#pragma once

#include <filesystem>
#include <string>

#include "nexus_llm/result.hpp"
#include "nexus_llm/testing/script.hpp"
#include "runtime/harness/located_json.hpp"

namespace nexus::llm::testing {

/// A script in JSON (`docs/harness.md`), read and checked.
class Scenario {
public:
  /// Errors: `invalid_argument` with file, line and key.
  [[nodiscard]] static Result<Scenario> load(const std::filesystem::path& path);
  [[nodiscard]] static Result<Scenario> parse(std::string_view text, const std::string& file);

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::size_t step_count() const;
  /// In how many orders of messages it wants to be played, beside the natural one.
  [[nodiscard]] std::uint64_t orders() const;

  /// Plays it once. Throws `ScriptFailure` where what happens is not what it says. Returns how much
  /// virtual time passed.
  std::chrono::nanoseconds play(Over over, std::uint64_t seed,
                                std::function<void(const std::string& line)> trace = {}) const;

private:
  Scenario(LocatedJson root, std::string file) : root_{std::move(root)}, file_{std::move(file)} {}

  LocatedJson root_;
  std::string file_;
};

} // namespace nexus::llm::testing
