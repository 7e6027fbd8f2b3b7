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

/// Calls that wait for servers that may be lost and replaced: parked while nobody is there or has
/// room, asked, and parked again when the server is lost. Each is answered exactly once. A stable
/// handle has one server, a Gateway has one for each node. Knows no actors; one thread.
class PendingCalls {
public:
  using Key = std::uint64_t;
  using Server = std::size_t;
  /// Whom a call is put to: a server, nobody yet, or nobody at all, for this reason.
  using Choice = Result<std::optional<Server>>;
  /// Marks one sending of a call; the reply to an earlier one is stale.
  using Epoch = std::uint64_t;

  struct Rules {
    std::size_t window = 64;        ///< calls at a time; long ones do not count
    std::size_t max_calls = 10'000; ///< in all; more are refused
    std::uint32_t max_losses = 3;   ///< how often one call may lose its server
  };

  struct Call {
    std::function<void(Server, Key, Epoch)> send;
    std::function<void(LLMError)> fail;
    /// None: it goes to the one server, once that is connected.
    std::function<Choice()> choose = {};
    /// Finds out whether a call whose server was lost may be made again; `judged` follows. None:
    /// `may_be_repeated` says so.
    std::function<void(Key, Epoch, const LLMError&)> judge = {};
    RequestId id = {};           ///< to cancel it by; may be empty
    bool may_be_repeated = true; ///< making it twice does no harm
    bool is_long = false;        ///< a download or the like, which must not keep others waiting
  };

  PendingCalls(Rules rules, std::string subject) : rules_{rules}, subject_{std::move(subject)} {}

  /// Takes a call in, and sends it as soon as may be; refuses it where there are too many, or
  /// nobody is to come any more. The key, unless it was refused.
  std::optional<Key> add(Call call);
  /// The one server is there from now on; calls that its predecessor left are lost.
  void connect();
  /// What `choose` goes by has changed.
  void dispatch() { pump(); }
  /// A server is lost, with all that it was asked.
  void lost(Server server, const LLMError& error);
  /// Nobody is there, but somebody will be: calls wait.
  void expect() {
    connected_ = false;
    given_up_.reset();
  }
  /// Nobody is there, nor will be until the next `connect` or `expect`: everything ends with this.
  void give_up(const LLMError& error);
  [[nodiscard]] const std::optional<LLMError>& given_up() const noexcept { return given_up_; }

  /// Whether this reply is waited for; the call is over then.
  [[nodiscard]] bool answered(Key key, Epoch epoch);
  /// The reply was an error. How long to wait until `again` (`wait` decides by the number of
  /// failures); nothing where the reply was stale, or the call has ended with the error.
  [[nodiscard]] std::optional<std::chrono::milliseconds>
  failed(Key key, Epoch epoch, const LLMError& error,
         const std::function<std::optional<std::chrono::milliseconds>(std::uint32_t)>& wait);
  void again(Key key, Epoch epoch);
  /// The server did not even begin it: it goes to another one.
  void refused(Key key, Epoch epoch, const LLMError& error);
  void judged(Key key, Epoch epoch, bool may_be_repeated);
  /// Ends a call. True where whoever works on it should be told.
  bool end(Key key, const LLMError& error);
  [[nodiscard]] std::optional<Key> find(const RequestId& id) const;
  [[nodiscard]] std::optional<RequestId> id_of(Key key) const;
  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
  /// Whether the reply to this sending is waited for.
  [[nodiscard]] bool is_asked(Key key, Epoch epoch) const;
  /// Whether it is here, and with no server.
  [[nodiscard]] bool waits(Key key) const;
  /// How many calls a server is at work on.
  [[nodiscard]] std::size_t asked_of(Server server) const;

private:
  enum class Stage : std::uint8_t { parked, asked, pausing, judging, ended };
  struct Entry {
    Call call;
    Stage stage = Stage::parked;
    Epoch epoch = 0;
    Server server = 0;
    LLMError reason = {}; ///< of the loss that is judged
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;
  };

  [[nodiscard]] Entry* at(Key key, Epoch epoch, Stage stage);
  void pump();
  void pump(std::set<Key>& parked, const std::function<bool()>& has_room);
  [[nodiscard]] std::set<Key>& queue_of(const Entry& entry);
  [[nodiscard]] Choice choose(const Call& call) const;
  void park(Key key, Entry& entry);
  /// It is not asked any more; others may have waited for that.
  void leave(Entry& entry, Stage next);
  void on_lost(Key key, const LLMError& error);
  /// Parks it once it is known that it may be made again, and ends it where it may not.
  void judge(Key key, const LLMError& error);

  Rules rules_;
  std::string subject_;
  bool connected_ = false;
  std::map<Key, Entry> calls_; ///< in the order in which they came
  std::set<Key> parked_;
  std::set<Key> parked_long_;
  std::size_t asked_ = 0; ///< that count in the window
  std::map<Server, std::size_t> asked_of_;
  Key last_key_ = 0;
  std::optional<LLMError> given_up_;
};

} // namespace nexus::llm
