// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/curl_transport.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "actors/ollama_client/curl_multi.hpp"
#include "actors/ollama_client/curl_transfer.hpp"

namespace nexus::llm {

namespace {

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

HeaderList make_headers(const char* content_type) {
  HeaderList list;
  // An empty "Expect:" keeps libcurl from waiting for a "100 Continue" before large bodies. No
  // compression is requested, since it would delay the chunks of a stream.
  for (const auto* line : {content_type, "Expect:", "Accept-Encoding: identity"}) {
    auto* longer = curl_slist_append(list.get(), line);
    if (longer == nullptr)
      throw std::bad_alloc{};
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

/// The state that the thread and the transport share. The thread owns a reference while it runs.
class Loop {
public:
  Loop()
      : headers_{make_headers("Content-Type: application/json")},
        raw_headers_{make_headers("Content-Type: application/octet-stream")} {
    round_.reserve(most_commands_of_round);
    idle_easies_.reserve(most_idle_easies);
  }

  /// By their ids. A node can move from one to another without memory.
  using Transfers = std::map<TransferId, std::unique_ptr<CurlTransfer>>;
  using Command = std::variant<Transfers::node_type, TransferId>;

  void post(Command command) {
    {
      std::lock_guard lock{mutex_};
      commands_.push_back(std::move(command));
    }
    multi_.wake();
  }

  void stop() {
    {
      std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    multi_.wake();
  }

  void run() {
    while (obey_commands()) {
      if (untold_.empty())
        multi_.run_once();
      else
        multi_.run_once(memory_wait);
      report();
    }
    for (auto& [id, transfer] : transfers_)
      multi_.remove(transfer->easy());
    transfers_.clear();
  }

private:
  /// Obeys the next commands. Leaves the rest of a burst to further rounds, so that the streams in
  /// progress need not wait for it. Returns false once the transport must stop.
  bool obey_commands() {
    {
      std::lock_guard lock{mutex_};
      if (stopping_)
        return false;
      const auto count = std::min(commands_.size(), most_commands_of_round);
      const auto end = commands_.begin() + static_cast<std::ptrdiff_t>(count);
      round_.assign(std::move_iterator{commands_.begin()}, std::move_iterator{end});
      commands_.erase(commands_.begin(), end);
      if (!commands_.empty())
        multi_.wake();
    }
    for (auto& command : round_) {
      if (auto* transfer = std::get_if<Transfers::node_type>(&command))
        begin(std::move(*transfer));
      else
        abort(std::get<TransferId>(command));
    }
    return true;
  }

  void begin(Transfers::node_type node) {
    auto& transfer = *node.mapped();
    if (!has_room_for_news()) {
      transfer.note_no_memory();
      return tell(std::move(node));
    }
    const auto& headers = transfer.request().body_file.empty() ? headers_ : raw_headers_;
    if (!transfer.prepare(take_easy(), headers.get(), news_))
      return tell(std::move(node));
    if (!multi_.add(transfer.easy())) {
      transfer.note_no_memory();
      return tell(std::move(node));
    }
    transfers_.insert(std::move(node));
  }

  /// Makes room for the news of another transfer, since these come while libcurl calls back.
  bool has_room_for_news() {
    try {
      if (news_.capacity() <= transfers_.size())
        news_.reserve(2 * transfers_.size() + 1);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  void abort(TransferId id) {
    untold_.erase(id);
    const auto entry = transfers_.find(id);
    if (entry == transfers_.end())
      return;
    multi_.remove(entry->second->easy());
    transfers_.erase(entry);
  }

  /// Reports the last round of reading to the handlers.
  void report() {
    for (auto* transfer : news_)
      if (!transfer->report())
        finish(*transfer, CURLE_ABORTED_BY_CALLBACK);
    news_.clear();
    if (multi_.has_lost_any())
      end_lost();
    while (const auto* message = multi_.next_message())
      if (message->msg == CURLMSG_DONE)
        finish(CurlTransfer::of(message->easy_handle), message->data.result);
    for (auto untold = std::exchange(untold_, {}); !untold.empty();)
      tell(untold.extract(untold.begin()));
  }

  /// Ends the transfers that libcurl had no memory for.
  void end_lost() {
    for (auto entry = transfers_.begin(); entry != transfers_.end();) {
      auto& transfer = *(entry++)->second;
      if (multi_.has_lost(transfer.easy()))
        finish(transfer, CURLE_OUT_OF_MEMORY);
    }
  }

  void finish(CurlTransfer& transfer, CURLcode code) {
    multi_.remove(transfer.easy());
    if (!transfer.probes_tls()) {
      transfer.note_outcome(code);
      if (probe_tls(transfer))
        return;
    } else if (code == CURLE_OK) {
      transfer.note_tls_required();
    }
    tell(transfers_.extract(transfer.id()));
  }

  /// Returns whether the failed exchange goes on as a TLS handshake.
  bool probe_tls(CurlTransfer& transfer) {
    try {
      if (transfer.outcome().status > 0)
        answered_.insert(server_of(transfer.request().url));
      return may_want_tls(transfer) && transfer.become_tls_probe() && multi_.add(transfer.easy());
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  /// Passes the outcome of an exchange to its handler, now or when there is memory for it.
  void tell(Transfers::node_type node) {
    auto& transfer = *node.mapped();
    if (transfer.finish())
      keep(transfer.release());
    else
      untold_.insert(std::move(node));
  }

  EasyHandle take_easy() {
    if (idle_easies_.empty())
      return EasyHandle{curl_easy_init()};
    auto easy = std::move(idle_easies_.back());
    idle_easies_.pop_back();
    return easy;
  }

  /// Keeps the handle of a finished transfer for another one, since making one is a good part of
  /// the work for a short request.
  void keep(EasyHandle easy) {
    if (easy == nullptr || idle_easies_.size() >= most_idle_easies)
      return;
    curl_easy_reset(easy.get());
    idle_easies_.push_back(std::move(easy));
  }

  /// Scheme, host and port of a URL.
  static std::string server_of(const std::string& url) {
    const auto host = url.find("://") + 3;
    return url.substr(0, url.find('/', host));
  }

  /// Whether plain HTTP to a TLS port may have caused the failure: many such servers close the
  /// connection silently. A server that has ever responded in HTTP is not one of them.
  [[nodiscard]] bool may_want_tls(const CurlTransfer& transfer) const {
    const auto& url = transfer.request().url;
    return transfer.outcome().failure == HttpOutcome::Failure::cut &&
           transfer.outcome().status == 0 && url.starts_with("http://") &&
           !answered_.contains(server_of(url));
  }

  HeaderList headers_;
  HeaderList raw_headers_;
  CurlMulti multi_;
  std::mutex mutex_;
  std::deque<Command> commands_;
  bool stopping_ = false;
  // Used by the thread only.
  static constexpr std::size_t most_commands_of_round = 32;
  std::vector<Command> round_; ///< the commands of this round
  static constexpr std::size_t most_idle_easies = 64;
  /// How long to wait for memory.
  static constexpr std::chrono::milliseconds memory_wait{10};
  std::vector<EasyHandle> idle_easies_;
  CurlTransfer::News news_; ///< of this round
  Transfers transfers_;
  Transfers untold_; ///< ended, but there was no memory to tell their handlers
  std::unordered_set<std::string> answered_; ///< servers that have responded in HTTP
};

class CurlTransport final : public Transport {
public:
  CurlTransport() : loop_{std::make_shared<Loop>()}, thread_{[loop = loop_] { loop->run(); }} {}

  ~CurlTransport() override {
    loop_->stop();
    // A handler may release the last reference to an actor: then this runs on the transport thread.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void start(TransferId id, HttpRequest request,
             std::unique_ptr<TransferHandler> handler) override {
    Loop::Transfers one;
    one.emplace(id, std::make_unique<CurlTransfer>(id, std::move(request), std::move(handler)));
    loop_->post(one.extract(one.begin()));
  }

  void cancel(TransferId id) override { loop_->post(id); }

private:
  std::shared_ptr<Loop> loop_;
  std::thread thread_;
};

} // namespace

std::unique_ptr<Transport> make_curl_transport() { return std::make_unique<CurlTransport>(); }

} // namespace nexus::llm
