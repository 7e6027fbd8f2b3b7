// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "nexus_llm/llm_handles.hpp"
#include "nexus_llm/portability_actors.hpp"
#include "runtime/sidecar/error_report.hpp"
#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/line_writer.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/sidecar_interfaces.hpp"
#include "runtime/sidecar/stream_forwarder.hpp"

namespace nexus::llm::sidecar {

/// RpcSession: serves one client of the protocol. Turns each line into messages to the handles, and
/// each answer into a line. Owns the calls, streams and downloads of its client: when it dies, all
/// of them are cancelled.
class RpcSession {
public:
  using Base = rpc_session::base;
  static constexpr const char* name = "RpcSession";

  struct Parts {
    LLMHandles handles;
    std::shared_ptr<LineWriter> writer;
    std::string version; ///< of this program
  };

  RpcSession(rpc_session::pointer self, Parts parts);
  ~RpcSession();

  [[nodiscard]] rpc_session::behavior_type make_behavior();

private:
  /// A call that the client waits for.
  struct Call {
    std::string id;      ///< JSON text; empty for a notification
    bool detail = false; ///< whether the client wants technical details of errors
  };

  caf::result<void> on_line(const std::string& line);
  void handle(const std::string& line);
  /// Runs the method that the call names. Returns false if there is none.
  template <class... Each> bool run_named(Types<Each...>, RpcCall& call, const Call& origin);
  template <class Method> bool run_if_named(Method method, RpcCall& call, const Call& origin);
  void on_event(const SupervisionEvent& event);
  void send_config();
  void finish();
  void quit_if_idle();

  // One for each method of the protocol.
  void run(Generate, const Call& call, GenerateParams& params);
  void run(GenerateStreaming, const Call& call, GenerateStreamingParams& params);
  void run(Chat, const Call& call, ChatParams& params);
  void run(ChatStreaming, const Call& call, ChatStreamingParams& params);
  void run(ListModels, const Call& call, NoParams& params);
  void run(CheckModel, const Call& call, ModelParams& params);
  void run(GetModelForRole, const Call& call, RoleParams& params);
  void run(SetModelForRole, const Call& call, SetModelParams& params);
  void run(Cancel, const Call& call, RequestParams& params);
  void run(Subscribe, const Call& call, RequestParams& params);
  void run(Unsubscribe, const Call& call, RequestParams& params);
  void run(ShowModel, const Call& call, ModelParams& params);
  void run(PullModel, const Call& call, PullParams& params);
  void run(LoadModel, const Call& call, LoadParams& params);
  void run(UnloadModel, const Call& call, ModelParams& params);
  void run(DeleteModel, const Call& call, ModelParams& params);
  void run(ListRunningModels, const Call& call, NoParams& params);
  void run(GetConfig, const Call& call, NoParams& params);
  void run(UpdateConfig, const Call& call, UpdateConfigParams& params);
  void run(GetHealth, const Call& call, NoParams& params);
  void run(GetStats, const Call& call, NoParams& params);
  void run(GetVersion, const Call& call, NoParams& params);

  /// Sends a request to a handle. `convert(answer, allocator)` returns the result.
  template <class T, class Handle, class Convert, class... Ts>
  void ask_for(const Call& call, const Handle& handle, Convert convert, const Ts&... content);
  /// As `ask_for`, for a request with an id: refuses an id that is in use, and cancels the request
  /// if the client leaves.
  template <class T, class Handle, class Convert, class... Ts>
  void ask_cancellable(const Call& call, const RequestId& id, const Handle& handle, Convert convert,
                       const Ts&... content);
  void start_stream(const Call& call, AIRole role, const GenerateOptions& options,
                    StreamForwarder::Request request);
  /// Tries to join a stream of this role, else of the following ones.
  void join(const Call& call, const RequestId& id, const stream_forwarder& forwarder,
            std::size_t role);
  /// Starts to forward a stream. `role`: that of the request if this client sends it.
  stream_forwarder forward(StreamForwarder::Parts parts, std::optional<AIRole> role);
  /// Ends the forwarding of a joined stream.
  void leave(const RequestId& id);
  [[nodiscard]] bool is_used(const RequestId& id) const;
  /// Refuses the call if the id is in use.
  [[nodiscard]] bool refuse_used(const Call& call, const RequestId& id);

  template <class T> void answer(const Call& call, const T& result);
  void answer_json(const Call& call, const json::Value& result);
  void fail(const Call& call, const LLMError& error);
  void reject(const Call& call, RpcCode code, std::string message);
  void close(const Call& call);

  struct Stream {
    stream_forwarder forwarder;
    std::optional<AIRole> role;               ///< of the request; unset: another caller sent it
    std::shared_ptr<std::atomic<bool>> ended; ///< the client may use the id again
  };

  rpc_session::pointer self_;
  Parts parts_;
  std::set<std::string> open_ids_;                     ///< of calls without an answer
  std::size_t open_calls_ = 0;                         ///< notifications included
  std::map<RequestId, std::function<void()>> cancels_; ///< of requests without a stream
  std::map<RequestId, Stream> streams_;
  std::map<RequestId, pull_forwarder> pulls_;
  Watcher watcher_;
  std::function<void()> next_line_; ///< allows the client to send on; set while it reads too slowly
  bool config_missed_ = false;      ///< a change could not be reported to a slow client
  bool finishing_ = false;          ///< the client leaves: no further line is handled
};

[[nodiscard]] rpc_session spawn_rpc_session(caf::actor_system& system, RpcSession::Parts parts);

} // namespace nexus::llm::sidecar
