// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <string>

#include "nexus_llm/result.hpp"
#include "nexus_llm/testing/script.hpp"
#include "runtime/harness/located_json.hpp"

namespace nexus::llm::testing {

/// A script in JSON (`docs/harness.md`), parsed and validated.
class Scenario {
public:
  /// Errors: `invalid_argument` with file, line and key.
  [[nodiscard]] static Result<Scenario> load(const std::filesystem::path& path);
  [[nodiscard]] static Result<Scenario> parse(std::string_view text, const std::string& file);

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::size_t step_count() const;
  /// Returns the number of message orders to run in addition to the natural one.
  [[nodiscard]] std::uint64_t orders() const;

  /// Runs the scenario once. Throws `ScriptFailure` on a mismatch. Returns the elapsed virtual
  /// time.
  std::chrono::nanoseconds play(Over over, std::uint64_t seed,
                                std::function<void(const std::string& line)> trace = {}) const;

private:
  Scenario(LocatedJson root, std::string file) : root_{std::move(root)}, file_{std::move(file)} {}

  LocatedJson root_;
  std::string file_;
};

} // namespace nexus::llm::testing
