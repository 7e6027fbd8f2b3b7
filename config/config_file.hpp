// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/file_replacement.hpp"
#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Returns the value of an environment variable, or `nullopt` if it is unset or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Returns an `Environment` that reads the environment of this process.
[[nodiscard]] Environment process_environment();

/// The location of the configuration file, and why this location was chosen.
struct ConfigLocation {
  enum class Reason {
    given,       ///< an explicit path
    environment, ///< NEXUS_OVERSEER_CONFIG
    project,     ///< ./.nexus-overseer/config.json
    user,        ///< $XDG_CONFIG_HOME/nexus-overseer/config.json (~/.config if it is unset,
                 ///< empty or relative)
    nowhere,     ///< neither exists, and the environment names no home: nothing can be saved
  };
  std::filesystem::path path; ///< empty for `nowhere`
  Reason reason = Reason::user;
  bool exists = false;
};

/// Returns the reason as text for users.
[[nodiscard]] std::string_view to_string(ConfigLocation::Reason reason) noexcept;

/// Replaces a leading `~` with the home directory. A shell does not expand `~` in the middle of a
/// word.
[[nodiscard]] std::filesystem::path expand_home(const std::filesystem::path& path,
                                                const Environment& environment);

/// Finds the configuration file: explicit path, environment, project directory, then user
/// directory. The first location that is named explicitly or exists wins. If there is none, returns
/// the location for a new file, or `nowhere` if the user has no home directory.
[[nodiscard]] ConfigLocation find_config(const std::optional<std::filesystem::path>& given,
                                         const Environment& environment,
                                         const std::filesystem::path& working_directory);

/// Reads the `llm` section of a file on top of the defaults. The file may be a pipe, such as a
/// process substitution. A pipe is read once and its content is cached. Errors: `config_unreadable`
/// with the reason; `config_malformed` with path and line, or with the encoding if the file is not
/// UTF-8; `config_value_invalid` with path, line and key.
[[nodiscard]] Result<LLMClientConfig> load_config(const std::filesystem::path& path);

/// Returns whether the file contains the key (`config show --origin`).
[[nodiscard]] bool file_sets(const std::filesystem::path& path, std::string_view key_path);

/// Why `nowhere` is no place for a file, and what to do: the subject of an error.
inline constexpr std::string_view no_home =
    "your home directory (HOME is not set; set it, or name a file with --config or "
    "NEXUS_OVERSEER_CONFIG)";

/// What is probably wrong in the `llm` section of a valid file. Plain data.
struct ConfigDoubts {
  std::vector<std::string> unknown;    ///< keys that are no settings, and do nothing
  std::vector<std::string> duplicates; ///< keys that are given more than once
  [[nodiscard]] bool empty() const { return unknown.empty() && duplicates.empty(); }
};

/// Finds what is probably wrong in the `llm` section of a file. Empty if the file cannot be read.
[[nodiscard]] ConfigDoubts doubts_about(const std::filesystem::path& path);

/// Returns the content of a file that may be saved; empty if the file is missing.
/// Errors: `config_unreadable`; `config_write_failed` if it is no regular file.
[[nodiscard]] Result<std::string> read_to_edit(const std::filesystem::path& path);

/// Checks the content for a file. Errors: as `load_config`, about `path`.
[[nodiscard]] Result<LLMClientConfig> check_config_text(const std::filesystem::path& path,
                                                        std::string_view content);

/// Replaces the whole content of a file, such as after it was edited, as `save_config` does. Fails
/// if the new content is not valid, or the old one is no longer `before`: somebody else has changed
/// it meanwhile. Errors: those of `save_config`.
[[nodiscard]] Result<void> replace_config(const std::filesystem::path& path,
                                          std::string_view before, std::string_view content,
                                          const SaveWarning& warn = {});

/// Writes the settings that differ from the file. Everything else is preserved byte by byte: other
/// sections, unknown keys, unchanged settings, a byte order mark. New members follow the
/// surrounding layout. File attributes are preserved, and the file is replaced atomically if
/// possible (see `replace_file`). Concurrent saves of two processes both succeed. A malformed or
/// invalid file is never overwritten. `warn` is called if a save has to give up a guarantee.
/// Errors: those of `load_config`, and `config_write_failed` with the reason.
[[nodiscard]] Result<void> save_config(const std::filesystem::path& path,
                                       const LLMClientConfig& config, const SaveWarning& warn = {});

/// Applies a JSON merge patch (RFC 7386) to the `llm` section and returns the new settings; `null`
/// restores a default. Saves the file like `save_config`.
/// Errors: those of `save_config`; `invalid_argument` if the patch is not an object or names an
/// unknown setting.
[[nodiscard]] Result<LLMClientConfig> update_config(const std::filesystem::path& path,
                                                    std::string_view merge_patch,
                                                    const SaveWarning& warn = {});

} // namespace nexus::llm
