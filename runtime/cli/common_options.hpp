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

/// The options that every command takes, as they stand on the command line. Plain data.
struct CommonOptions {
  AIRole role = AIRole::overseer;
  std::string model; ///< empty: the role's
  std::optional<std::string> base_url;
  std::optional<std::filesystem::path> config_file;
  std::vector<Endpoint> nodes; ///< that do the work; none: this process does it
  std::string certificate;     ///< PEM files, for nodes on other machines
  std::string key;
  std::string authority;
  bool json = false;
  bool no_stream = false;
  bool background = false;
  bool verbose = false;
  std::optional<double> temperature;
  std::optional<std::int32_t> max_tokens; ///< -1, -2: no limit
  std::optional<std::uint32_t> num_ctx;
  std::optional<std::int64_t> seed;
  std::vector<std::string> stop;
  std::optional<std::string> system;
  std::string format; ///< `json`, a JSON schema, or `@` and the name of a file that holds one
  std::string think;
  std::string keep_alive;
  std::vector<std::string> options;      ///< `NAME=VALUE`, for Ollama's `options`
  std::optional<std::uint32_t> logprobs; ///< alternatives to tell for each token
  bool no_truncate = false;
  bool no_shift = false;
  std::optional<double> timeout; ///< seconds
};

/// The time limit of the options, in whole milliseconds, rounded up.
[[nodiscard]] std::optional<std::chrono::milliseconds> timeout_of(const CommonOptions& common);

/// Where the configuration file of this run is.
[[nodiscard]] ConfigLocation config_location(const CommonOptions& common);

/// What the options say about the settings, for this run only.
[[nodiscard]] ConfigOverrides config_overrides(const CommonOptions& common);

} // namespace nexus::llm::cli
