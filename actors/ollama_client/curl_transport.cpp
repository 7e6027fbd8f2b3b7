#include "actors/ollama_client/curl_transport.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "config/local_address.hpp"

namespace nexus::llm {

namespace {

constexpr std::size_t max_header_bytes = 256 * 1024;
constexpr long read_buffer_bytes = 64 * 1024;
constexpr int idle_poll_ms = 60'000;
/// The same for a thread that cannot be woken up.
constexpr int deaf_poll_ms = 20;
constexpr long tls_probe_ms = 2000;

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;
using File = std::unique_ptr<std::FILE, FileCloser>;

/// libcurl's process-wide state; made once and never torn down, since others may use it too.
void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK)
    throw std::runtime_error{"libcurl cannot be initialised"};
}

HeaderList make_headers(const char* content_type) {
  HeaderList list;
  // An empty "Expect:" keeps libcurl from waiting for a "100 Continue" before large bodies. No
  // compression is asked for, since it would hold back the pieces of a stream.
  for (const auto* line : {content_type, "Expect:", "Accept-Encoding: identity"}) {
    auto* longer = curl_slist_append(list.get(), line);
    if (longer == nullptr)
      throw std::bad_alloc{};
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

/// One exchange under way. Its address must not change: libcurl holds it.
struct Transfer {
  TransferId id = 0;
  HttpRequest request;
  std::unique_ptr<TransferHandler> handler;
  Easy easy;
  HttpOutcome outcome;
  File body_file;
  std::size_t header_bytes = 0;
  bool blocked_address = false;
  bool no_descriptors = false;
  bool tls_record = false; ///< the answer began as one of TLS does
  bool not_http = false;
  bool probing_tls = false; ///< the exchange has failed; whether the server speaks TLS is tried out
  bool too_many_headers = false;
  bool has_news = false;
  std::string handler_failure; ///< what the handler threw; nothing more is passed to it
  char error_text[CURL_ERROR_SIZE] = {};
};

/// Calls the handler of a transfer. What it throws must reach neither libcurl nor the other
/// transfers: it ends this one.
template <class Call> void guarded(Transfer& transfer, Call call) {
  try {
    call(*transfer.handler);
  } catch (const std::exception& error) {
    transfer.handler_failure = error.what();
  } catch (...) {
    transfer.handler_failure = "an exception of unknown type";
  }
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 0) {
    // Bytes without a status line. TLS answers with an alert (21) or a handshake (22).
    transfer.not_http = true;
    transfer.tls_record = size > 0 && (data[0] == 21 || data[0] == 22);
    return size + 1;
  }
  transfer.outcome.status = static_cast<int>(status);
  transfer.outcome.answer_began = transfer.outcome.answer_began || size > 0;
  transfer.has_news = true;
  if (!transfer.handler_failure.empty())
    return size + 1;
  bool go_on = false;
  guarded(transfer, [&](TransferHandler& handler) {
    go_on = handler.on_bytes(static_cast<int>(status), {data, size});
  });
  return go_on ? size : size + 1;
}

std::size_t on_header(char*, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.header_bytes += size;
  if (transfer.header_bytes > max_header_bytes) {
    transfer.too_many_headers = true;
    return size + 1;
  }
  return size;
}

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  if (!is_local_address(address->addr, address->addrlen)) {
    static_cast<Transfer*>(user)->blocked_address = true;
    return CURL_SOCKET_BAD;
  }
  const int descriptor =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor < 0 && (errno == EMFILE || errno == ENFILE))
    static_cast<Transfer*>(user)->no_descriptors = true;
  return descriptor;
}

/// Whether not even one file descriptor more can be had. libcurl does not tell why a look-up
/// failed.
bool out_of_descriptors() {
  const int descriptor = ::dup(STDERR_FILENO);
  if (descriptor >= 0) {
    ::close(descriptor);
    return false;
  }
  return errno == EMFILE || errno == ENFILE;
}

std::size_t read_file(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto* file = static_cast<std::FILE*>(user);
  const auto read = std::fread(buffer, size, count, file);
  return std::ferror(file) != 0 ? CURL_READFUNC_ABORT : read * size;
}

void set_body(Transfer& transfer, CURL* easy) {
  const auto& request = transfer.request;
  auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  if (request.method == HttpRequest::Method::delete_)
    set(CURLOPT_CUSTOMREQUEST, "DELETE");
  else
    set(CURLOPT_POST, 1L);
  if (request.body_file.empty()) {
    set(CURLOPT_POSTFIELDS, request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    return;
  }
  // A file that cannot be read is an empty body, which its digest gives away.
  transfer.body_file.reset(std::fopen(request.body_file.c_str(), "rbe"));
  curl_off_t size = 0;
  if (auto* file = transfer.body_file.get(); file != nullptr && fseeko(file, 0, SEEK_END) == 0) {
    size = static_cast<curl_off_t>(ftello(file));
    rewind(file);
  }
  set(CURLOPT_POSTFIELDSIZE_LARGE, size);
  if (size > 0) {
    set(CURLOPT_READFUNCTION, &read_file);
    set(CURLOPT_READDATA, static_cast<void*>(transfer.body_file.get()));
  } else {
    set(CURLOPT_POSTFIELDS, "");
  }
}

void set_options(Transfer& transfer, const HeaderList& headers) {
  auto* easy = transfer.easy.get();
  auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  const auto& request = transfer.request;
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Answers without a status line are looked at, but not taken.
  set(CURLOPT_HTTP09_ALLOWED, 1L);
  // What a proxy compressed unasked is decoded.
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_USERAGENT, "nexus-llm");
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_BUFFERSIZE, read_buffer_bytes);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
  set(CURLOPT_ERRORBUFFER, transfer.error_text);
  set(CURLOPT_PRIVATE, static_cast<void*>(&transfer));
  if (request.method == HttpRequest::Method::get) {
    set(CURLOPT_HTTPGET, 1L);
    return;
  }
  if (request.method == HttpRequest::Method::head) {
    set(CURLOPT_NOBODY, 1L);
    return;
  }
  set_body(transfer, easy);
}

/// Whether a failed handshake looks as if the other side does not speak TLS at all, by the words of
/// OpenSSL and GnuTLS.
bool is_no_tls(std::string_view text) {
  constexpr std::array<std::string_view, 6> words{
      "wrong version number", "packet length too long",   "unknown protocol",
      "http request",         "An unexpected TLS packet", "record layer failure"};
  return std::ranges::any_of(
      words, [text](auto word) { return text.find(word) != std::string_view::npos; });
}

HttpOutcome::Failure classify(const Transfer& transfer, CURLcode code) {
  using Failure = HttpOutcome::Failure;
  if (transfer.blocked_address)
    return Failure::not_local;
  if (transfer.no_descriptors)
    return Failure::no_descriptors;
  if (transfer.tls_record)
    return Failure::tls_required;
  if (transfer.not_http)
    return Failure::protocol;
  if (transfer.too_many_headers || !transfer.handler_failure.empty())
    return Failure::protocol;
  switch (code) {
  case CURLE_OK:
    return Failure::none;
  case CURLE_COULDNT_CONNECT:
    return Failure::refused;
  case CURLE_COULDNT_RESOLVE_HOST:
    return out_of_descriptors() ? Failure::no_descriptors : Failure::host_not_found;
  case CURLE_OPERATION_TIMEDOUT:
    return Failure::connect_timeout;
  case CURLE_WRITE_ERROR:
    return Failure::stopped;
  case CURLE_GOT_NOTHING:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_PARTIAL_FILE:
    return Failure::cut;
  case CURLE_PEER_FAILED_VERIFICATION:
    return Failure::tls_not_trusted;
  case CURLE_SSL_CONNECT_ERROR:
    return is_no_tls(transfer.error_text) ? Failure::tls_not_spoken : Failure::tls_failed;
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
    return Failure::tls_failed;
  default:
    return out_of_descriptors() ? Failure::no_descriptors : Failure::protocol;
  }
}

std::optional<std::chrono::seconds> retry_after(CURL* easy) {
  curl_off_t wait = 0;
  if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait) != CURLE_OK || wait <= 0)
    return std::nullopt;
  return std::chrono::seconds{wait};
}

/// What the thread and the handle on it share. The thread holds it as long as it runs.
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

  using Command = std::variant<std::unique_ptr<Transfer>, TransferId>;

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
      curl_multi_remove_handle(multi_.get(), transfer->easy.get());
    transfers_.clear();
  }

private:
  /// Where this process had no descriptor left, libcurl has made nothing that wakes its thread up,
  /// and has not said so. Another handle gets one as soon as there is one and nothing needs this.
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

  /// False once the transport is to stop.
  bool obey_commands() {
    std::vector<Command> commands;
    {
      std::lock_guard lock{mutex_};
      if (stopping_)
        return false;
      commands.swap(commands_);
    }
    for (auto& command : commands) {
      if (auto* transfer = std::get_if<std::unique_ptr<Transfer>>(&command))
        begin(std::move(*transfer));
      else
        abort(std::get<TransferId>(command));
    }
    return true;
  }

  void begin(std::unique_ptr<Transfer> transfer) {
    transfer->easy.reset(curl_easy_init());
    if (transfer->easy == nullptr) {
      transfer->handler->on_finished(
          {.failure = HttpOutcome::Failure::protocol, .detail = "libcurl is out of memory"});
      return;
    }
    set_options(*transfer, transfer->request.body_file.empty() ? headers_ : raw_headers_);
    curl_multi_add_handle(multi_.get(), transfer->easy.get());
    const auto id = transfer->id;
    transfers_.emplace(id, std::move(transfer));
  }

  void abort(TransferId id) {
    const auto entry = transfers_.find(id);
    if (entry == transfers_.end())
      return;
    curl_multi_remove_handle(multi_.get(), entry->second->easy.get());
    transfers_.erase(entry);
  }

  /// Tells the handlers what the last round of reading brought.
  void report() {
    for (auto& [id, transfer] : transfers_)
      if (std::exchange(transfer->has_news, false) && transfer->handler_failure.empty())
        guarded(*transfer, [](TransferHandler& handler) { handler.on_read_done(); });
    int left = 0;
    while (auto* message = curl_multi_info_read(multi_.get(), &left))
      if (message->msg == CURLMSG_DONE)
        finish(message->easy_handle, message->data.result);
  }

  void finish(CURL* easy, CURLcode code) {
    void* user = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
    auto& found = *static_cast<Transfer*>(user);
    curl_multi_remove_handle(multi_.get(), easy);
    if (!found.probing_tls) {
      note_outcome(found, code);
      if (may_want_tls(found)) {
        probe_tls(found);
        return;
      }
    } else if (code == CURLE_OK) {
      found.outcome.failure = HttpOutcome::Failure::tls_required;
    }
    auto node = transfers_.extract(found.id);
    auto& transfer = *node.mapped();
    guarded(transfer, [&transfer](TransferHandler& handler) {
      handler.on_finished(std::move(transfer.outcome));
    });
  }

  void note_outcome(Transfer& transfer, CURLcode code) {
    auto* easy = transfer.easy.get();
    auto& outcome = transfer.outcome;
    outcome.failure = classify(transfer, code);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    outcome.status = static_cast<int>(status);
    outcome.retry_after = retry_after(easy);
    const char* location = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location) == CURLE_OK &&
        location != nullptr)
      outcome.location = location;
    if (code != CURLE_OK) {
      outcome.reason =
          transfer.error_text[0] != '\0' ? transfer.error_text : curl_easy_strerror(code);
      outcome.detail = "libcurl " + std::to_string(code) + ": " + outcome.reason;
    }
    if (!transfer.handler_failure.empty())
      outcome.detail = "the answer could not be taken in: " + transfer.handler_failure;
    if (outcome.status > 0)
      answered_.insert(server_of(transfer.request.url));
  }

  /// Scheme, host and port of a URL.
  static std::string server_of(const std::string& url) {
    const auto host = url.find("://") + 3;
    return url.substr(0, url.find('/', host));
  }

  /// Whether the failure may be that of plain HTTP to a TLS port: many such servers close the
  /// connection without a word. One that has ever answered is none of them.
  [[nodiscard]] bool may_want_tls(const Transfer& transfer) const {
    return transfer.outcome.failure == HttpOutcome::Failure::cut && transfer.outcome.status == 0 &&
           transfer.request.url.starts_with("http://") &&
           !answered_.contains(server_of(transfer.request.url));
  }

  /// Tries a TLS handshake with the server of a transfer that has failed. Nothing is sent.
  void probe_tls(Transfer& transfer) {
    transfer.probing_tls = true;
    const auto url = "https://" + transfer.request.url.substr(std::string_view{"http://"}.size());
    auto* easy = transfer.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, tls_probe_ms);
    curl_multi_add_handle(multi_.get(), easy);
  }

  Multi multi_;
  bool wakes_ = false; ///< whether `curl_multi_wakeup` works on it
  HeaderList headers_;
  HeaderList raw_headers_;
  std::mutex mutex_;
  std::vector<Command> commands_;
  bool stopping_ = false;
  // Of the thread alone.
  std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers_;
  std::unordered_set<std::string> answered_; ///< servers that have answered in HTTP
};

class CurlTransport final : public Transport {
public:
  CurlTransport() : loop_{std::make_shared<Loop>()}, thread_{[loop = loop_] { loop->run(); }} {}

  ~CurlTransport() override {
    loop_->stop();
    // The last reference to an actor may be dropped by a handler, that is on this very thread.
    if (thread_.get_id() == std::this_thread::get_id())
      thread_.detach();
    else
      thread_.join();
  }

  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void start(TransferId id, HttpRequest request,
             std::unique_ptr<TransferHandler> handler) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->id = id;
    transfer->request = std::move(request);
    transfer->handler = std::move(handler);
    loop_->post(std::move(transfer));
  }

  void cancel(TransferId id) override { loop_->post(id); }

private:
  std::shared_ptr<Loop> loop_;
  std::thread thread_;
};

} // namespace

std::unique_ptr<Transport> make_curl_transport() { return std::make_unique<CurlTransport>(); }

} // namespace nexus::llm
