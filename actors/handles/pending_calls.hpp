// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/request_id.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// The calls to servers that may be lost and replaced. A call is parked while there is no server or
/// no room, sent, and parked again if its server is lost. Each call is answered exactly once. A
/// stable handle has one server, a Gateway has one per node. Does not depend on actors. Not
/// thread-safe.
class PendingCalls {
public:
  using Key = std::uint64_t;
  using Server = std::size_t;
  /// Where a call goes: to a server, nowhere yet (it waits), or nowhere at all, because of this
  /// error.
  using Choice = Result<std::optional<Server>>;
  /// Identifies one attempt to send a call; a reply to an earlier one is stale.
  using Epoch = std::uint64_t;

  struct Rules {
    std::size_t window = 64;        ///< concurrent calls; long ones do not count
    std::size_t max_calls = 10'000; ///< calls in total; more are rejected
    std::uint32_t max_losses = 3;   ///< how often a call may lose its server
  };

  struct Call {
    std::function<void(Server, Key, Epoch)> send;
    std::function<void(LLMError)> fail;
    /// If not set, the call goes to the only server, once that is connected.
    std::function<Choice()> choose = {};
    /// Finds out whether a call whose server was lost may be repeated; the result arrives through
    /// `judged`. If not set, `may_be_repeated` decides.
    std::function<void(Key, Epoch, const LLMError&)> judge = {};
    RequestId id = {};           ///< identifies the call for `cancel`; may be empty
    bool may_be_repeated = true; ///< repeating it does no harm
    bool is_long = false;        ///< a download or the like, which must not block other calls
  };

  PendingCalls(Rules rules, std::string subject) : rules_{rules}, subject_{std::move(subject)} {}

  /// Accepts a call, and sends it as soon as possible. Rejects it if there are too many calls, or
  /// no server is expected any more. Returns the key unless the call was rejected.
  std::optional<Key> add(Call call);
  /// The only server is connected; calls that its predecessor left unanswered are lost.
  void connect();
  /// The state that `choose` depends on has changed.
  void dispatch() { pump(); }
  /// A server is lost, with all calls that it had.
  void lost(Server server, const LLMError& error);
  /// There is no server, but one is expected: calls wait.
  void expect() {
    connected_ = false;
    given_up_.reset();
  }
  /// There is no server, and none is expected until the next `connect` or `expect`: all calls fail
  /// with this error.
  void give_up(const LLMError& error);
  [[nodiscard]] const std::optional<LLMError>& given_up() const noexcept { return given_up_; }

  /// A reply has arrived. Returns whether it is expected; the call has ended then.
  [[nodiscard]] bool answered(Key key, Epoch epoch);
  /// The reply was an error. Returns how long to wait until `again` (`wait` decides by the number
  /// of failures), or nothing if the reply was stale or the call has failed with the error.
  [[nodiscard]] std::optional<std::chrono::milliseconds>
  failed(Key key, Epoch epoch, const LLMError& error,
         const std::function<std::optional<std::chrono::milliseconds>(std::uint32_t)>& wait);
  void again(Key key, Epoch epoch);
  /// The server rejected the call before starting it: the call is dispatched again, if it may be
  /// repeated.
  void refused(Key key, Epoch epoch, const LLMError& error);
  void judged(Key key, Epoch epoch, bool may_be_repeated);
  /// Fails a call with this error. Returns true if a server is working on it and should be
  /// notified.
  bool end(Key key, const LLMError& error);
  [[nodiscard]] std::optional<Key> find(const RequestId& id) const;
  [[nodiscard]] std::optional<RequestId> id_of(Key key) const;
  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
  /// Whether the reply to this attempt is expected.
  [[nodiscard]] bool is_asked(Key key, Epoch epoch) const;
  /// Whether the call exists and no server is working on it.
  [[nodiscard]] bool waits(Key key) const;
  /// The number of calls that a server is working on.
  [[nodiscard]] std::size_t asked_of(Server server) const;

private:
  enum class Stage : std::uint8_t { parked, asked, pausing, judging, ended };
  struct Entry {
    Call call;
    Stage stage = Stage::parked;
    Epoch epoch = 0;
    Server server = 0;
    LLMError reason = {}; ///< why the server was lost, while it is judged
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;
  };

  [[nodiscard]] Entry* at(Key key, Epoch epoch, Stage stage);
  void pump();
  void pump(std::set<Key>& parked, const std::function<bool()>& has_room);
  [[nodiscard]] std::set<Key>& queue_of(const Entry& entry);
  [[nodiscard]] Choice choose(const Call& call) const;
  void park(Key key, Entry& entry);
  /// Moves a call to `next`. If this leaves room in the window, or the call was parked, waiting
  /// calls are dispatched.
  void leave(Entry& entry, Stage next);
  void on_lost(Key key, const LLMError& error);
  /// Parks a call once it is known that it may be repeated; fails it if it may not.
  void judge(Key key, const LLMError& error);

  Rules rules_;
  std::string subject_;
  bool connected_ = false;
  std::map<Key, Entry> calls_; ///< in the order of arrival
  std::set<Key> parked_;
  std::set<Key> parked_long_;
  std::size_t asked_ = 0; ///< calls that count in the window
  std::map<Server, std::size_t> asked_of_;
  Key last_key_ = 0;
  std::optional<LLMError> given_up_;
};

} // namespace nexus::llm
