// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/config_file.hpp"
#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/config_store.hpp"
#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// The options that every command accepts, as given on the command line. Plain data.
struct CommonOptions {
  AIRole role = AIRole::overseer;
  std::string model; ///< empty: the role's
  std::optional<std::string> base_url;
  std::optional<std::filesystem::path> config_file;
  std::vector<Endpoint> nodes; ///< process the requests; empty: this process does
  std::string certificate;     ///< PEM files, for nodes on other machines
  std::string key;
  std::string authority;
  bool json = false;
  bool no_stream = false;
  bool plain = false; ///< the text of answers as it is, also on a terminal
  bool background = false;
  bool verbose = false;
  std::optional<double> temperature;
  std::optional<std::int32_t> max_tokens; ///< -1 or -2: no limit
  std::optional<std::uint32_t> num_ctx;
  std::optional<std::int64_t> seed;
  std::vector<std::string> stop;
  std::optional<std::string> system;
  std::string format; ///< `json`, a JSON schema, or `@` and the name of a file with a JSON schema
  std::string think;
  std::string keep_alive;
  std::vector<std::string> options;      ///< `NAME=VALUE`, for Ollama's `options`
  std::optional<std::uint32_t> logprobs; ///< number of alternatives to report for each token
  bool no_truncate = false;
  bool no_shift = false;
  std::optional<double> timeout;               ///< seconds
  std::optional<std::uint32_t> max_concurrent; ///< of each role, for commands that ask much
};

/// Returns the timeout of the options, rounded up to milliseconds.
[[nodiscard]] std::optional<std::chrono::milliseconds> timeout_of(const CommonOptions& common);

/// Returns the location of the configuration file for this run.
[[nodiscard]] ConfigLocation config_location(const CommonOptions& common);

/// Returns the settings that the options override for this run only.
[[nodiscard]] ConfigOverrides config_overrides(const CommonOptions& common);

/// Returns the settings for this run.
[[nodiscard]] Result<LLMClientConfig> load_settings(const CommonOptions& common);

} // namespace nexus::llm::cli
