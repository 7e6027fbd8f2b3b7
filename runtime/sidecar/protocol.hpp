// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/health.hpp"
#include "nexus_llm/keep_alive.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"
#include "nexus_llm/model_status.hpp"
#include "nexus_llm/request_id.hpp"
#include "nexus_llm/stream_messages.hpp"
#include "runtime/sidecar/error_report.hpp"

/// The methods and notifications of the sidecar protocol, each listed once. Dispatching, the JSON
/// schema and the reference in `docs/sidecar.md` derive from these lists.
namespace nexus::llm::sidecar {

/// The version of the protocol. Changes that would break a client increment it.
inline constexpr std::uint32_t protocol_version = 1;

/// The settings as in the `llm` section of the configuration file.
struct ConfigSection {};
/// The absence of a result.
using Nothing = std::monostate;
/// The text alone, or the whole response if the caller asked for it with `full`.
using TextOrResponse = std::variant<std::string, LLMResponse>;

// Parameters. Members that are neither in `required` nor optional keep their default.

struct GenerateParams {
  std::string prompt = {};
  AIRole role = AIRole::overseer;
  GenerateOptions options = {};
  bool full = false; ///< return an `LLMResponse` instead of its text

  static constexpr std::string_view type_name = "GenerateParams";
  static constexpr std::array<std::string_view, 2> required{"prompt", "role"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"prompt", self.prompt}, Field{"role", self.role},
                 Field{"options", self.options}, Field{"full", self.full});
  }
};

struct GenerateStreamingParams {
  std::string prompt = {};
  AIRole role = AIRole::overseer;
  GenerateOptions options = {};

  static constexpr std::string_view type_name = "GenerateStreamingParams";
  static constexpr std::array<std::string_view, 2> required{"prompt", "role"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"prompt", self.prompt}, Field{"role", self.role},
                 Field{"options", self.options});
  }
};

struct ChatParams {
  std::vector<ChatMessage> messages = {};
  AIRole role = AIRole::overseer;
  GenerateOptions options = {};
  bool full = false; ///< return an `LLMResponse` instead of its text

  static constexpr std::string_view type_name = "ChatParams";
  static constexpr std::array<std::string_view, 2> required{"messages", "role"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"messages", self.messages}, Field{"role", self.role},
                 Field{"options", self.options}, Field{"full", self.full});
  }
};

struct ChatStreamingParams {
  std::vector<ChatMessage> messages = {};
  AIRole role = AIRole::overseer;
  GenerateOptions options = {};

  static constexpr std::string_view type_name = "ChatStreamingParams";
  static constexpr std::array<std::string_view, 2> required{"messages", "role"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"messages", self.messages}, Field{"role", self.role},
                 Field{"options", self.options});
  }
};

struct NoParams {
  static constexpr std::string_view type_name = "NoParams";
  static constexpr std::array<std::string_view, 0> required{};
  template <class Self, class Visit> static decltype(auto) fields(Self&, Visit&& visit) {
    return visit();
  }
};

struct ModelParams {
  std::string model_name = {};

  static constexpr std::string_view type_name = "ModelParams";
  static constexpr std::array<std::string_view, 1> required{"modelName"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"modelName", self.model_name});
  }
};

struct RoleParams {
  AIRole role = AIRole::overseer;

  static constexpr std::string_view type_name = "RoleParams";
  static constexpr std::array<std::string_view, 1> required{"role"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"role", self.role});
  }
};

struct SetModelParams {
  AIRole role = AIRole::overseer;
  std::string model_name = {};

  static constexpr std::string_view type_name = "SetModelParams";
  static constexpr std::array<std::string_view, 2> required{"role", "modelName"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"role", self.role}, Field{"modelName", self.model_name});
  }
};

struct RequestParams {
  RequestId id = {};

  static constexpr std::string_view type_name = "RequestParams";
  static constexpr std::array<std::string_view, 1> required{"id"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id});
  }
};

struct PullParams {
  std::string model_name = {};
  RequestId id = {};     ///< for `llm_cancel` and the progress notifications; empty: generated
  bool insecure = false; ///< allow a registry without TLS

  static constexpr std::string_view type_name = "PullParams";
  static constexpr std::array<std::string_view, 1> required{"modelName"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"modelName", self.model_name}, Field{"id", self.id},
                 Field{"insecure", self.insecure});
  }
};

struct LoadParams {
  std::string model_name = {};
  RequestId id = {}; ///< for `llm_cancel`; empty: generated
  KeepAlive keep_alive = {};

  static constexpr std::string_view type_name = "LoadParams";
  static constexpr std::array<std::string_view, 1> required{"modelName"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"modelName", self.model_name}, Field{"id", self.id},
                 Field{"keepAlive", self.keep_alive});
  }
};

struct UpdateConfigParams {
  std::string updates = {}; ///< JSON text of an object: a merge patch of the `llm` section

  static constexpr std::string_view type_name = "UpdateConfigParams";
  static constexpr std::array<std::string_view, 1> required{"updates"};
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"updates", self.updates});
  }
};

// Results that are no messages of the library.

struct StreamStarted {
  RequestId id = {};

  static constexpr std::string_view type_name = "StreamStarted";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id});
  }
};

struct Versions {
  std::string version = {}; ///< of this program
  std::uint32_t protocol = protocol_version;
  std::optional<std::string> ollama = {}; ///< missing if Ollama does not answer

  static constexpr std::string_view type_name = "Versions";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"version", self.version}, Field{"protocol", self.protocol},
                 Field{"ollama", self.ollama});
  }
};

// Methods. The first eight are those of requirement T1.

struct Generate {
  using Params = GenerateParams;
  using Result = TextOrResponse;
  static constexpr std::string_view name = "llm_generate";
  static constexpr std::string_view about = "Returns the complete answer to a prompt.";
};
struct GenerateStreaming {
  using Params = GenerateStreamingParams;
  using Result = StreamStarted;
  static constexpr std::string_view name = "llm_generate_streaming";
  static constexpr std::string_view about =
      "Starts to answer a prompt. The answer follows in notifications.";
};
struct Chat {
  using Params = ChatParams;
  using Result = TextOrResponse;
  static constexpr std::string_view name = "llm_chat";
  static constexpr std::string_view about = "Returns the complete next message of a conversation.";
};
struct ChatStreaming {
  using Params = ChatStreamingParams;
  using Result = StreamStarted;
  static constexpr std::string_view name = "llm_chat_streaming";
  static constexpr std::string_view about =
      "Starts the next message of a conversation. The message follows in notifications.";
};
struct ListModels {
  using Params = NoParams;
  using Result = std::vector<ModelStatus>;
  static constexpr std::string_view name = "llm_list_models";
  static constexpr std::string_view about = "Returns the installed models.";
};
struct CheckModel {
  using Params = ModelParams;
  using Result = bool;
  static constexpr std::string_view name = "llm_check_model";
  static constexpr std::string_view about = "Returns whether a model is installed.";
};
struct GetModelForRole {
  using Params = RoleParams;
  using Result = std::string;
  static constexpr std::string_view name = "llm_get_model_for_role";
  static constexpr std::string_view about = "Returns the model of a role.";
};
struct SetModelForRole {
  using Params = SetModelParams;
  using Result = Nothing;
  static constexpr std::string_view name = "llm_set_model_for_role";
  static constexpr std::string_view about =
      "Assigns a model to a role, from the next request on, and saves it.";
};
struct Cancel {
  using Params = RequestParams;
  using Result = bool;
  static constexpr std::string_view name = "llm_cancel";
  static constexpr std::string_view about =
      "Cancels a request, a load or a pull by its id: it fails with `cancelled`. Returns false if "
      "there is none.";
};
struct Subscribe {
  using Params = RequestParams;
  using Result = StreamStarted;
  static constexpr std::string_view name = "llm_subscribe";
  static constexpr std::string_view about =
      "Joins a live stream that another client or actor started. The first chunk is the text so "
      "far.";
};
struct Unsubscribe {
  using Params = RequestParams;
  using Result = bool;
  static constexpr std::string_view name = "llm_unsubscribe";
  static constexpr std::string_view about =
      "Leaves a joined stream. Returns false if this client has not joined it.";
};
struct ShowModel {
  using Params = ModelParams;
  using Result = ModelDetails;
  static constexpr std::string_view name = "llm_show_model";
  static constexpr std::string_view about = "Returns the details of a model.";
};
struct PullModel {
  using Params = PullParams;
  using Result = Nothing;
  static constexpr std::string_view name = "llm_pull_model";
  static constexpr std::string_view about =
      "Downloads a model. `llm/pull` reports the progress; the answer comes at the end.";
};
struct LoadModel {
  using Params = LoadParams;
  using Result = Nothing;
  static constexpr std::string_view name = "llm_load_model";
  static constexpr std::string_view about = "Loads a model into memory.";
};
struct UnloadModel {
  using Params = ModelParams;
  using Result = Nothing;
  static constexpr std::string_view name = "llm_unload_model";
  static constexpr std::string_view about = "Removes a model from memory.";
};
struct DeleteModel {
  using Params = ModelParams;
  using Result = Nothing;
  static constexpr std::string_view name = "llm_delete_model";
  static constexpr std::string_view about = "Deletes a model from disk.";
};
struct ListRunningModels {
  using Params = NoParams;
  using Result = std::vector<RunningModel>;
  static constexpr std::string_view name = "llm_running_models";
  static constexpr std::string_view about = "Returns the models in memory.";
};
struct GetConfig {
  using Params = NoParams;
  using Result = ConfigSection;
  static constexpr std::string_view name = "llm_get_config";
  static constexpr std::string_view about = "Returns the settings in force.";
};
struct UpdateConfig {
  using Params = UpdateConfigParams;
  using Result = ConfigSection;
  static constexpr std::string_view name = "llm_update_config";
  static constexpr std::string_view about =
      "Changes settings by a JSON merge patch, saves them, and returns the settings in force.";
};
struct GetHealth {
  using Params = NoParams;
  using Result = Health;
  static constexpr std::string_view name = "llm_health";
  static constexpr std::string_view about = "Returns the state of Ollama, the components and the "
                                            "roles.";
};
struct GetStats {
  using Params = NoParams;
  using Result = std::vector<RoleStats>;
  static constexpr std::string_view name = "llm_stats";
  static constexpr std::string_view about = "Returns the figures of each role.";
};
struct GetVersion {
  using Params = NoParams;
  using Result = Versions;
  static constexpr std::string_view name = "llm_version";
  static constexpr std::string_view about =
      "Returns the versions of this program, of the protocol and of Ollama.";
};

template <class... Ts> struct Types {};

using Methods = Types<Generate, GenerateStreaming, Chat, ChatStreaming, ListModels, CheckModel,
                      GetModelForRole, SetModelForRole, Cancel, Subscribe, Unsubscribe, ShowModel,
                      PullModel, LoadModel, UnloadModel, DeleteModel, ListRunningModels, GetConfig,
                      UpdateConfig, GetHealth, GetStats, GetVersion>;

// Notifications of the sidecar.

/// A piece of a streamed answer. Unlike the message `LLMStreamChunk`, it omits what is empty, and
/// is never the last one: `llm/end` or `llm/error` follows.
struct ChunkNote {
  RequestId id = {};
  std::uint64_t seq = 0; ///< counts from 0; starts over with `restarted`
  std::string model = {};
  std::string response = {};
  bool done = false; ///< always false
  std::optional<std::string> thinking = {};
  std::optional<std::vector<ToolCall>> tool_calls = {};
  std::optional<std::vector<TokenLogprob>> logprobs = {};
  std::optional<bool> restarted = {}; ///< discard the text of all previous chunks

  static constexpr std::string_view method = "llm/chunk";
  static constexpr std::string_view about = "A piece of a streamed answer.";
  static constexpr std::string_view type_name = "LLMStreamChunk";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"seq", self.seq}, Field{"model", self.model},
                 Field{"response", self.response}, Field{"done", self.done},
                 Field{"thinking", self.thinking}, Field{"toolCalls", self.tool_calls},
                 Field{"logprobs", self.logprobs}, Field{"restarted", self.restarted});
  }
};

struct ProgressNote {
  RequestId id = {};
  Phase phase = Phase::queued;
  std::uint32_t queue_position = 0;
  std::uint32_t attempt = 0;
  std::string model = {};
  std::optional<ErrorReport> reason = {}; ///< why an attempt failed

  static constexpr std::string_view method = "llm/progress";
  static constexpr std::string_view about = "The phase of a streamed request.";
  static constexpr std::string_view type_name = "RequestProgress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"phase", self.phase},
                 Field{"queuePosition", self.queue_position}, Field{"attempt", self.attempt},
                 Field{"model", self.model}, Field{"reason", self.reason});
  }
};

struct EndNote {
  RequestId id = {};
  LLMResponse response = {};

  static constexpr std::string_view method = "llm/end";
  static constexpr std::string_view about =
      "The end of a stream, with the whole answer and its figures.";
  static constexpr std::string_view type_name = "StreamEnd";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"response", self.response});
  }
};

struct ErrorNote {
  RequestId id = {};
  ErrorReport error = {};

  static constexpr std::string_view method = "llm/error";
  static constexpr std::string_view about =
      "The end of a stream that failed; `data.partial` is the text so far.";
  static constexpr std::string_view type_name = "StreamFailure";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"error", self.error});
  }
};

struct PullNote {
  RequestId id = {};
  std::string model = {};
  std::string status = {};
  std::uint64_t total = 0;
  std::uint64_t completed = 0;

  static constexpr std::string_view method = "llm/pull";
  static constexpr std::string_view about = "The progress of a download, in bytes.";
  static constexpr std::string_view type_name = "PullProgress";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model}, Field{"status", self.status},
                 Field{"total", self.total}, Field{"completed", self.completed});
  }
};

struct SupervisionNote : SupervisionEvent {
  static constexpr std::string_view method = "llm/supervision";
  static constexpr std::string_view about = "A component failed or came back, the circuit opened "
                                            "or closed, or the like.";
};

struct ConfigNote {
  ConfigSection config = {};

  static constexpr std::string_view method = "llm/config";
  static constexpr std::string_view about =
      "The settings have changed, by this client or by anyone else.";
  static constexpr std::string_view type_name = "ConfigChange";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"config", self.config});
  }
};

struct FatalNote {
  ErrorReport error = {};

  static constexpr std::string_view method = "llm/fatal";
  static constexpr std::string_view about = "The sidecar cannot start, cannot go on, or has no "
                                            "place for this client. The connection ends.";
  static constexpr std::string_view type_name = "Fatal";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"error", self.error});
  }
};

using Notifications = Types<ChunkNote, ProgressNote, EndNote, ErrorNote, PullNote, SupervisionNote,
                            ConfigNote, FatalNote>;

} // namespace nexus::llm::sidecar
