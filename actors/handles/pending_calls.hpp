#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "messages/errors.hpp"
#include "messages/request_id.hpp"

namespace nexus::llm {

/// Calls that wait for somebody who may be replaced: parked while nobody is there or he has enough
/// to do, asked, and parked again when he is lost. Each is answered exactly once. Knows no actors;
/// one thread.
class PendingCalls {
public:
  using Key = std::uint64_t;
  /// Marks one sending of a call; the reply to an earlier one is stale.
  using Epoch = std::uint64_t;

  struct Rules {
    std::size_t window = 64;        ///< calls at a time; long ones do not count
    std::size_t max_calls = 10'000; ///< in all; more are refused
    std::uint32_t max_losses = 3;   ///< how often one call may lose whom it was put to
  };

  struct Call {
    std::function<void(Key, Epoch)> send;
    std::function<void(LLMError)> fail;
    RequestId id = {};           ///< to cancel it by; may be empty
    bool may_be_repeated = true; ///< making it twice does no harm
    bool is_long = false;        ///< a download or the like, which must not keep others waiting
  };

  PendingCalls(Rules rules, std::string subject) : rules_{rules}, subject_{std::move(subject)} {}

  /// Takes a call in, and sends it as soon as may be; refuses it where there are too many, or
  /// nobody is to come any more. The key, unless it was refused.
  std::optional<Key> add(Call call);
  /// Somebody is there from now on; calls that his predecessor left are lost.
  void connect();
  /// Nobody is there, but somebody will be: calls wait.
  void expect() {
    connected_ = false;
    given_up_.reset();
  }
  /// Nobody is there, nor will be until the next `connect`: everything ends with this.
  void give_up(const LLMError& error);

  /// Whether this reply is waited for; the call is over then.
  [[nodiscard]] bool answered(Key key, Epoch epoch);
  /// The reply was an error. How long to wait until `again` (`wait` decides by the number of
  /// failures); nothing where the reply was stale, or the call has ended with the error.
  [[nodiscard]] std::optional<std::chrono::milliseconds>
  failed(Key key, Epoch epoch, const LLMError& error,
         const std::function<std::optional<std::chrono::milliseconds>(std::uint32_t)>& wait);
  void again(Key key, Epoch epoch);
  /// Ends a call. True where whoever works on it should be told.
  bool end(Key key, const LLMError& error);
  [[nodiscard]] std::optional<Key> find(const RequestId& id) const;
  [[nodiscard]] std::optional<RequestId> id_of(Key key) const;
  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }

private:
  enum class Stage : std::uint8_t { parked, asked, pausing };
  struct Entry {
    Call call;
    Stage stage = Stage::parked;
    Epoch epoch = 0;
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;
  };

  [[nodiscard]] Entry* at(Key key, Epoch epoch, Stage stage);
  void pump();
  void park(Key key, Entry& entry);
  void leave(const Entry& entry);
  void on_lost(Key key);

  Rules rules_;
  std::string subject_;
  bool connected_ = false;
  std::map<Key, Entry> calls_; ///< in the order in which they came
  std::set<Key> parked_;
  std::size_t asked_ = 0; ///< that count in the window
  Key last_key_ = 0;
  std::optional<LLMError> given_up_;
};

} // namespace nexus::llm
