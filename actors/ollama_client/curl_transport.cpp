// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/curl_transport.hpp"

#include <curl/curl.h>

#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "actors/ollama_client/curl_transfer.hpp"

namespace nexus::llm {

namespace {

constexpr int idle_poll_ms = 60'000;
/// The same for a thread that cannot be woken.
constexpr int deaf_poll_ms = 20;

struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// Initialises the process-wide state of libcurl, once. Never torn down, since other code may use
/// it.
void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK)
    throw std::runtime_error{"libcurl cannot be initialised"};
}

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
      : multi_{(initialise_curl(), curl_multi_init())}, headers_{make_headers(
                                                            "Content-Type: application/json")},
        raw_headers_{make_headers("Content-Type: application/octet-stream")} {
    if (multi_ == nullptr)
      throw std::bad_alloc{};
    wakes_ = curl_multi_wakeup(multi_.get()) == CURLM_OK;
  }

  using Command = std::variant<std::unique_ptr<CurlTransfer>, TransferId>;

  void post(Command command) {
    std::lock_guard lock{mutex_};
    commands_.push_back(std::move(command));
    curl_multi_wakeup(multi_.get());
  }

  void stop() {
    std::lock_guard lock{mutex_};
    stopping_ = true;
    curl_multi_wakeup(multi_.get());
  }

  void run() {
    while (obey_commands()) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      report();
      curl_multi_poll(multi_.get(), nullptr, 0, can_be_woken() ? idle_poll_ms : deaf_poll_ms,
                      nullptr);
    }
    for (auto& [id, transfer] : transfers_)
      curl_multi_remove_handle(multi_.get(), transfer->easy());
    transfers_.clear();
  }

private:
  /// If the process had no file descriptor left, libcurl has silently made a multi handle without a
  /// wake-up channel. Replaces it as soon as a descriptor is free and no transfer uses the handle.
  bool can_be_woken() {
    std::lock_guard lock{mutex_};
    if (!wakes_ && transfers_.empty()) {
      Multi other{curl_multi_init()};
      wakes_ = other != nullptr && curl_multi_wakeup(other.get()) == CURLM_OK;
      if (wakes_)
        multi_ = std::move(other);
    }
    return wakes_;
  }

  /// Returns false once the transport must stop.
  bool obey_commands() {
    std::vector<Command> commands;
    {
      std::lock_guard lock{mutex_};
      if (stopping_)
        return false;
      commands.swap(commands_);
    }
    for (auto& command : commands) {
      if (auto* transfer = std::get_if<std::unique_ptr<CurlTransfer>>(&command))
        begin(std::move(*transfer));
      else
        abort(std::get<TransferId>(command));
    }
    return true;
  }

  void begin(std::unique_ptr<CurlTransfer> transfer) {
    const auto& headers = transfer->request().body_file.empty() ? headers_ : raw_headers_;
    if (!transfer->prepare(headers.get()))
      return transfer->finish();
    curl_multi_add_handle(multi_.get(), transfer->easy());
    const auto id = transfer->id();
    transfers_.emplace(id, std::move(transfer));
  }

  void abort(TransferId id) {
    const auto entry = transfers_.find(id);
    if (entry == transfers_.end())
      return;
    curl_multi_remove_handle(multi_.get(), entry->second->easy());
    transfers_.erase(entry);
  }

  /// Reports the last round of reading to the handlers.
  void report() {
    for (auto& [id, transfer] : transfers_)
      transfer->report();
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_.get(), &left))
      if (message->msg == CURLMSG_DONE)
        finish(CurlTransfer::of(message->easy_handle), message->data.result);
  }

  void finish(CurlTransfer& transfer, CURLcode code) {
    curl_multi_remove_handle(multi_.get(), transfer.easy());
    if (!transfer.probes_tls()) {
      transfer.note_outcome(code);
      if (transfer.outcome().status > 0)
        answered_.insert(server_of(transfer.request().url));
      if (may_want_tls(transfer)) {
        transfer.become_tls_probe();
        curl_multi_add_handle(multi_.get(), transfer.easy());
        return;
      }
    } else if (code == CURLE_OK) {
      transfer.note_tls_required();
    }
    const auto node = transfers_.extract(transfer.id());
    transfer.finish();
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

  Multi multi_;
  bool wakes_ = false; ///< whether `curl_multi_wakeup` works on it
  HeaderList headers_;
  HeaderList raw_headers_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool stopping_ = false;
  // Used by the thread only.
  std::unordered_map<TransferId, std::unique_ptr<CurlTransfer>> transfers_;
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
    loop_->post(std::make_unique<CurlTransfer>(id, std::move(request), std::move(handler)));
  }

  void cancel(TransferId id) override { loop_->post(id); }

private:
  std::shared_ptr<Loop> loop_;
  std::thread thread_;
};

} // namespace

std::unique_ptr<Transport> make_curl_transport() { return std::make_unique<CurlTransport>(); }

} // namespace nexus::llm
