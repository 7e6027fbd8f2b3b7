// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <mutex>
#include <set>

#include "actors/ollama_client/curl_transport.hpp"
#include "config/model_name.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "runtime/harness/ollama_stage.hpp"
#include "runtime/harness/wire.hpp"

namespace nexus::llm::testing {

namespace {

using simulator::Fault;

/// Real time that a client may take to close a connection.
constexpr std::chrono::seconds leave_deadline{5};

/// Tracks what the transports have sent and received, to detect data in transit.
class Ledger {
public:
  struct Transfer {
    std::string target;
    std::string body;
    std::uint64_t heard = 0; ///< received bytes of the body
    bool over = false;
    std::uint64_t record = 0; ///< record id of the simulator; 0: not received yet
  };
  using Key = std::uint64_t;

  Key add(std::string target, std::string body) {
    std::lock_guard lock{mutex_};
    transfers_[++last_] = {std::move(target), std::move(body)};
    return last_;
  }
  void heard(Key key, std::size_t bytes) {
    std::lock_guard lock{mutex_};
    transfers_[key].heard += bytes;
  }
  void over(Key key) {
    std::lock_guard lock{mutex_};
    transfers_[key].over = true;
  }
  template <class Visit> auto with(Visit&& visit) {
    std::lock_guard lock{mutex_};
    return visit(transfers_);
  }

private:
  std::mutex mutex_;
  std::map<Key, Transfer> transfers_;
  Key last_ = 0;
};

/// Forwards all calls and records them.
class NotingHandler final : public TransferHandler {
public:
  NotingHandler(std::shared_ptr<Ledger> ledger, Ledger::Key key,
                std::unique_ptr<TransferHandler> inner)
      : ledger_{std::move(ledger)}, key_{key}, inner_{std::move(inner)} {}
  ~NotingHandler() override { ledger_->over(key_); }

  bool on_bytes(int status, std::string_view bytes) override {
    const bool go_on = inner_->on_bytes(status, bytes);
    unread_ += bytes.size();
    return go_on;
  }
  void on_read_done() override {
    inner_->on_read_done();
    ledger_->heard(key_, std::exchange(unread_, 0));
  }
  void on_finished(HttpOutcome outcome) override {
    inner_->on_finished(std::move(outcome));
    ledger_->over(key_);
  }

private:
  std::shared_ptr<Ledger> ledger_;
  Ledger::Key key_;
  std::unique_ptr<TransferHandler> inner_;
  std::size_t unread_ = 0;
};

class NotingTransport final : public Transport {
public:
  explicit NotingTransport(std::shared_ptr<Ledger> ledger)
      : ledger_{std::move(ledger)}, inner_{make_curl_transport()} {}

  void start(TransferId id, HttpRequest request,
             std::unique_ptr<TransferHandler> handler) override {
    const auto key = ledger_->add(wire::target_of(request.url), request.body);
    keys_[id] = key;
    inner_->start(id, std::move(request),
                  std::make_unique<NotingHandler>(ledger_, key, std::move(handler)));
  }
  void cancel(TransferId id) override {
    inner_->cancel(id);
    if (const auto key = keys_.find(id); key != keys_.end())
      ledger_->over(key->second);
  }

private:
  std::shared_ptr<Ledger> ledger_;
  std::map<TransferId, Ledger::Key> keys_;
  std::unique_ptr<Transport> inner_;
};

std::string hex(std::size_t number) {
  std::array<char, 2 * sizeof number> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  return {digits.data(), end};
}

class SimulatedOllama final : public OllamaStage {
public:
  SimulatedOllama() : simulator_{simulator::SimulatorOptions{.reuse_connections = false}} {
    set_obliging(true);
  }

  std::string base_url() const override { return simulator_.base_url(); }

  TransportFactory transport() override {
    return [ledger = ledger_] { return std::make_unique<NotingTransport>(ledger); };
  }

  std::vector<StagedExchange> take_new() override {
    look();
    // The server may accept concurrent connections in any order; restore the order of the client.
    ledger_->with([this](auto& transfers) {
      auto begun = [&transfers](const StagedExchange& exchange) {
        const auto entry = std::ranges::find_if(
            transfers, [&](const auto& each) { return each.second.record == exchange.id; });
        return entry == transfers.end() ? Ledger::Key{0} : entry->first;
      };
      std::ranges::stable_sort(fresh_, {}, begun);
    });
    return std::exchange(fresh_, {});
  }

  void begin(std::uint64_t id, int status, int retry_after_seconds) override {
    std::string head = "HTTP/1.1 " + std::to_string(status) +
                       " Scripted\r\nContent-Type: application/x-ndjson\r\n"
                       "Connection: close\r\nTransfer-Encoding: chunked\r\n";
    if (retry_after_seconds >= 0)
      head += "Retry-After: " + std::to_string(retry_after_seconds) + "\r\n";
    heads_[id] = head + "\r\n";
  }

  void send(std::uint64_t id, std::string_view bytes) override {
    if (bytes.empty())
      return;
    said_[id] += bytes.size();
    simulator_.send_held(id,
                         take_head(id) + hex(bytes.size()) + "\r\n" + std::string{bytes} + "\r\n");
  }

  void end(std::uint64_t id, AnswerEnd how) override {
    note_end(id);
    if (how == AnswerEnd::complete)
      simulator_.send_held(id, take_head(id) + "0\r\n\r\n");
    simulator_.end_held(id, how == AnswerEnd::reset ? Fault::Ending::rst : Fault::Ending::fin);
  }

  bool abandoned(std::uint64_t id) override {
    const auto deadline = std::chrono::steady_clock::now() + leave_deadline;
    // A disconnect after the end of the response does not count.
    if (ended_.contains(id))
      return left_early_.contains(id);
    while (!has_left(id)) {
      const auto rest = deadline - std::chrono::steady_clock::now();
      // The client does not close a transfer that it still needs.
      if (rest.count() <= 0 || wanted(id))
        return false;
      static_cast<void>(
          simulator_.wait_until([](const auto&) { return false; }, std::chrono::milliseconds{2}));
    }
    return true;
  }

  void stop() override {
    // This ends every exchange; `unrest` reports them until the clients have noticed.
    look();
    for (const auto id : held_)
      if (!ended_.contains(id))
        note_end(id);
    simulator_.stop();
  }
  void start() override { simulator_.start(); }
  void add_model(const simulator::SimulatedModel& model) override {
    simulator_.add_model(model);
    if (!model.reply.empty())
      answering_.push_back(model.name);
    set_obliging(obliging_);
  }
  void remove_model(const std::string& name) override {
    simulator_.remove_model(name);
    std::erase_if(answering_, [&name](const auto& each) { return same_model(each, name); });
    set_obliging(obliging_);
  }

  void set_obliging(bool obliging) override {
    obliging_ = obliging;
    simulator_.clear_faults();
    // The first matching fault applies, so requests to models with a reply are never held.
    for (const auto& name : answering_)
      for (const char* path : {"/api/generate", "/api/chat"})
        simulator_.inject(Fault::merged_chunks().on(path).for_model(name).times(0));
    auto held = [this](const char* path) { simulator_.inject(Fault::held().on(path).times(0)); };
    for (const char* path :
         {"/api/generate", "/api/chat", "/api/embed", "/api/pull", "/api/delete", "/api/copy"})
      held(path);
    // No running models, as on the stage without sockets.
    if (obliging)
      simulator_.inject(Fault::respond(200, R"({"models":[]})").on("/api/ps").times(0));
    else
      for (const char* path : {"/api/tags", "/api/version", "/api/ps", "/api/show"})
        held(path);
  }

  std::string unrest() override {
    look();
    return ledger_->with([this](auto& transfers) -> std::string {
      for (const auto& [key, transfer] : transfers) {
        const auto& record = transfer.record;
        if (transfer.over)
          continue;
        if (record == 0)
          return transfer.target + " has not come to the server";
        if (!held_.contains(record) || ended_.contains(record))
          return "the end of " + transfer.target + " has not come to the client";
        if (const auto said = said_.find(record);
            said != said_.end() && transfer.heard < said->second)
          return "of " + transfer.target + ", " + std::to_string(transfer.heard) + " bytes of " +
                 std::to_string(said->second) + " have come to the client";
      }
      return {};
    });
  }

private:
  /// Collects new requests and assigns them to transfers.
  void look() {
    for (const auto& record : simulator_.requests()) {
      if (record.id <= last_record_)
        continue;
      last_record_ = record.id;
      if (record.fault == Fault::Kind::held) {
        held_.insert(record.id);
        fresh_.push_back({.id = record.id,
                          .method = record.method,
                          .target = record.target,
                          .body = record.body});
      }
      ledger_->with([&record](auto& transfers) {
        for (auto& [key, transfer] : transfers)
          // Skip transfers that were rejected or have their response already.
          if (transfer.record == 0 && !transfer.over && transfer.target == record.target &&
              transfer.body == record.body) {
            transfer.record = record.id;
            return;
          }
      });
    }
  }

  /// Marks an exchange as ended by the server: a later disconnect of the client does not count.
  void note_end(std::uint64_t id) {
    if (has_left(id))
      left_early_.insert(id);
    ended_.insert(id);
  }

  [[nodiscard]] bool has_left(std::uint64_t id) const {
    return std::ranges::any_of(simulator_.requests(), [id](const auto& record) {
      return record.id == id && record.client_left;
    });
  }

  /// Whether the client still waits for the response.
  bool wanted(std::uint64_t id) {
    return ledger_->with([id](auto& transfers) {
      return std::ranges::any_of(transfers, [id](const auto& entry) {
        return entry.second.record == id && !entry.second.over;
      });
    });
  }

  std::string take_head(std::uint64_t id) {
    auto node = heads_.extract(id);
    return node.empty() ? std::string{} : std::move(node.mapped());
  }

  simulator::Simulator simulator_;
  std::shared_ptr<Ledger> ledger_ = std::make_shared<Ledger>();
  std::vector<StagedExchange> fresh_;
  std::vector<std::string> answering_; ///< models with a reply
  std::map<std::uint64_t, std::string> heads_;
  std::map<std::uint64_t, std::uint64_t> said_; ///< sent bytes of the body, by record
  std::set<std::uint64_t> held_;
  std::set<std::uint64_t> ended_;
  std::set<std::uint64_t> left_early_; ///< of `ended_`, those with an earlier disconnect
  std::uint64_t last_record_ = 0;
  bool obliging_ = true;
};

} // namespace

std::unique_ptr<OllamaStage> make_simulated_ollama() { return std::make_unique<SimulatedOllama>(); }

} // namespace nexus::llm::testing
