// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_text.hpp"
#include "nexus_llm/errors.hpp"
#include "nexus_llm/health.hpp"
#include "nexus_llm/per_role.hpp"

/// What the commands write with `--json`, beside the messages themselves. The lists of members
/// write the JSON and its schema; `json_contract.cpp` says which command writes what.
namespace nexus::llm::cli {

/// The version of the JSON. A version only gains members and lines: whatever else changes raises
/// it.
inline constexpr std::uint32_t json_version = 1;

/// What is told of a failure.
struct ErrorObject {
  ErrorCode code = ErrorCode::internal_error;
  ErrorCategory category = ErrorCategory::internal;
  std::string message = {}; ///< one sentence for a person
  std::string detail = {};  ///< technical; may be empty
  std::int32_t exit_code = 0;
  bool retryable = false;                ///< the same request may succeed later
  std::optional<std::string> model = {}; ///< of the last attempt
  std::optional<std::uint16_t> http_status = {};
  std::optional<std::uint32_t> attempts = {};
  std::optional<std::chrono::milliseconds> retry_after = {}; ///< delay that Ollama asked for
  std::optional<std::string> partial = {};                   ///< text that came before the failure

  static constexpr std::string_view type_name = "Error";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"code", self.code}, Field{"category", self.category},
                 Field{"message", self.message}, Field{"detail", self.detail},
                 Field{"exitCode", self.exit_code}, Field{"retryable", self.retryable},
                 Field{"model", self.model}, Field{"httpStatus", self.http_status},
                 Field{"attempts", self.attempts}, Field{"retryAfter", self.retry_after},
                 Field{"partial", self.partial});
  }
};

/// Describes an error of this library.
[[nodiscard]] ErrorObject error_object(const LLMError& error);

/// The last line of a command that failed.
struct Failure {
  ErrorObject error = {};

  static constexpr std::string_view type_name = "Failure";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"error", self.error});
  }
};

struct ModelAvailability {
  std::string model = {};
  bool available = false;
  std::optional<ErrorObject> error = {}; ///< if it is not available

  static constexpr std::string_view type_name = "ModelAvailability";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"model", self.model}, Field{"available", self.available},
                 Field{"error", self.error});
  }
};

/// The end of an operation on a model.
struct ModelDone {
  std::string model = {};
  bool done = true;

  static constexpr std::string_view type_name = "ModelDone";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"model", self.model}, Field{"done", self.done});
  }
};

using RoleModels = PerRole<std::optional<std::string>>;

/// The settings, as in the `llm` section of a file.
struct SettingsSection : json::JsonText {};
/// The settings by their paths, each with its value and where that comes from.
struct SettingsOrigins : json::JsonText {};

struct SettingShown {
  std::string key = {};
  json::JsonText value = {};
  std::optional<std::string> origin = {};

  static constexpr std::string_view type_name = "Setting";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"key", self.key}, Field{"value", self.value}, Field{"origin", self.origin});
  }
};

struct SettingChanged {
  std::string key = {};
  std::optional<json::JsonText> value = {};
  std::optional<std::string> origin = {}; ///< where it comes from now, if it was unset
  std::optional<std::string> path = {};   ///< of the file that was changed
  std::optional<std::string> node = {};   ///< that was changed, instead

  static constexpr std::string_view type_name = "SettingChange";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"key", self.key}, Field{"value", self.value}, Field{"origin", self.origin},
                 Field{"path", self.path}, Field{"node", self.node});
  }
};

struct ConfigPlace {
  std::string path = {};
  std::string reason = {};
  bool exists = false;

  static constexpr std::string_view type_name = "ConfigPlace";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"path", self.path}, Field{"reason", self.reason},
                 Field{"exists", self.exists});
  }
};

struct ConfigVerdict {
  std::string path = {};
  bool exists = false;
  bool valid = false;
  std::vector<std::string> unknown = {}; ///< keys that are no settings
  std::vector<std::string> duplicates = {};
  std::optional<ErrorObject> error = {}; ///< if it is not valid

  static constexpr std::string_view type_name = "ConfigVerdict";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"path", self.path}, Field{"exists", self.exists}, Field{"valid", self.valid},
                 Field{"unknown", self.unknown}, Field{"duplicates", self.duplicates},
                 Field{"error", self.error});
  }
};

struct ConfigEdited {
  std::string path = {};
  bool changed = false;

  static constexpr std::string_view type_name = "ConfigEdit";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"path", self.path}, Field{"changed", self.changed});
  }
};

struct DoctorCheck {
  std::string name = {};
  bool ok = false;
  std::string message = {};
  std::optional<ErrorObject> error = {}; ///< if it is not ok

  static constexpr std::string_view type_name = "DoctorCheck";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"ok", self.ok}, Field{"message", self.message},
                 Field{"error", self.error});
  }
};

struct DoctorReport {
  bool ok = false;
  std::int32_t exit_code = 0;
  std::vector<DoctorCheck> checks = {};
  std::optional<Health> health = {};

  static constexpr std::string_view type_name = "DoctorReport";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"ok", self.ok}, Field{"exitCode", self.exit_code},
                 Field{"checks", self.checks}, Field{"health", self.health});
  }
};

struct PlayedScenario {
  std::string file = {};
  std::string name = {};
  bool passed = false;
  std::chrono::milliseconds virtual_time = {};
  std::optional<std::string> failure = {};

  static constexpr std::string_view type_name = "PlayedScenario";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"file", self.file}, Field{"name", self.name}, Field{"passed", self.passed},
                 Field{"virtualMillis", self.virtual_time}, Field{"failure", self.failure});
  }
};

/// Where a node listens.
struct NodeAddress {
  std::string listen = {}; ///< host and port

  static constexpr std::string_view type_name = "NodeAddress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"listen", self.listen});
  }
};

/// Where the simulated Ollama listens.
struct SimulatorAddress {
  std::string base_url = {};

  static constexpr std::string_view type_name = "SimulatorAddress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"baseUrl", self.base_url});
  }
};

/// How many entries of the log were deleted.
struct LogCleared {
  std::uint64_t removed = 0;

  static constexpr std::string_view type_name = "LogCleared";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"removed", self.removed});
  }
};

struct ProgramVersion {
  std::string version = {};
  std::uint32_t json = json_version;

  static constexpr std::string_view type_name = "ProgramVersion";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"version", self.version}, Field{"jsonVersion", self.json});
  }
};

} // namespace nexus::llm::cli
