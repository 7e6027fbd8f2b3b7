// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/curl_transfer.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "config/local_address.hpp"

namespace nexus::llm {

namespace {

constexpr std::size_t max_header_bytes = 256 * 1024;
constexpr long read_buffer_bytes = 64 * 1024;
constexpr long tls_probe_ms = 2000;
/// Returned in place of the number of bytes that were taken in, it ends the exchange.
constexpr auto refusal = std::numeric_limits<std::size_t>::max();

/// Whether the process has no file descriptor left. libcurl does not report why a look-up failed.
bool out_of_descriptors() {
  const int descriptor = ::dup(STDERR_FILENO);
  if (descriptor >= 0) {
    ::close(descriptor);
    return false;
  }
  return errno == EMFILE || errno == ENFILE;
}

/// Whether a failed handshake looks as if the server does not speak TLS at all, by the error texts
/// of OpenSSL and GnuTLS.
bool is_no_tls(std::string_view text) {
  constexpr std::array<std::string_view, 6> words{
      "wrong version number", "packet length too long",   "unknown protocol",
      "http request",         "An unexpected TLS packet", "record layer failure"};
  return std::ranges::any_of(
      words, [text](auto word) { return text.find(word) != std::string_view::npos; });
}

std::optional<std::chrono::seconds> retry_after(CURL* easy) {
  curl_off_t wait = 0;
  if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait) != CURLE_OK || wait <= 0)
    return std::nullopt;
  // No server means more than a day; larger values must not overflow in the conversion.
  constexpr curl_off_t longest = 86'400;
  return std::chrono::seconds{std::min(wait, longest)};
}

} // namespace

CurlTransfer::CurlTransfer(TransferId id, HttpRequest request,
                           std::unique_ptr<TransferHandler> handler)
    : id_{id}, request_{std::move(request)}, handler_{std::move(handler)} {}

CurlTransfer& CurlTransfer::of(CURL* easy) {
  void* user = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
  return *static_cast<CurlTransfer*>(user);
}

// An exception of a handler must reach neither libcurl nor other transfers: it ends this one.
template <class Call> void CurlTransfer::guarded(Call call) noexcept {
  try {
    try {
      call(*handler_);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      handler_failure_ = error.what();
    } catch (...) {
      handler_failure_ = "an exception of unknown type";
    }
  } catch (const std::bad_alloc&) {
    note_no_memory();
  }
}

std::size_t CurlTransfer::on_body(char* data, std::size_t, std::size_t size, void* user) {
  return static_cast<CurlTransfer*>(user)->take_body({data, size});
}

std::size_t CurlTransfer::take_body(std::string_view bytes) {
  long status = outcome_.status;
  if (status == 0)
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 0) {
    // Bytes without a status line. TLS answers with an alert (21) or a handshake (22).
    not_http_ = true;
    tls_record_ = !bytes.empty() && (bytes[0] == 21 || bytes[0] == 22);
    return refusal;
  }
  outcome_.status = static_cast<int>(status);
  outcome_.answer_began = outcome_.answer_began || !bytes.empty();
  note_news(has_news_);
  if (handler_failed())
    return refusal;
  bool go_on = false;
  guarded(
      [&](TransferHandler& handler) { go_on = handler.on_bytes(static_cast<int>(status), bytes); });
  return go_on ? bytes.size() : refusal;
}

std::size_t CurlTransfer::on_header(char*, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<CurlTransfer*>(user);
  transfer.header_bytes_ += size;
  if (transfer.header_bytes_ > max_header_bytes) {
    transfer.too_many_headers_ = true;
    return refusal;
  }
  return size;
}

curl_socket_t CurlTransfer::open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<CurlTransfer*>(user);
  if (!is_local_address(address->addr, address->addrlen)) {
    transfer.blocked_address_ = true;
    return CURL_SOCKET_BAD;
  }
  const int descriptor =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor < 0)
    transfer.no_descriptors_ = errno == EMFILE || errno == ENFILE;
  return descriptor;
}

void CurlTransfer::note_news(bool& flag) {
  if (!has_news_ && !has_sent_)
    news_->push_back(this);
  flag = true;
}

template <class Value> void CurlTransfer::set(CURLoption option, Value value) {
  if (curl_easy_setopt(easy_.get(), option, value) == CURLE_OUT_OF_MEMORY)
    note_no_memory();
}

bool CurlTransfer::prepare(EasyHandle easy, const curl_slist* headers, News& news) {
  news_ = &news;
  easy_ = std::move(easy);
  if (easy_ == nullptr) {
    note_no_memory();
    return false;
  }
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // Responses without a status line are inspected, but not accepted.
  set(CURLOPT_HTTP09_ALLOWED, 1L);
  // Decodes what a proxy compressed unasked.
  set(CURLOPT_ACCEPT_ENCODING, "");
  set(CURLOPT_USERAGENT, "nexus-llm");
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_BUFFERSIZE, read_buffer_bytes);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_ERRORBUFFER, error_text_);
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  if (request_.method == HttpRequest::Method::head)
    set(CURLOPT_NOBODY, 1L);
  else if (request_.method != HttpRequest::Method::get && !set_body())
    return false;
  // Without one of them, the request could be another one, or go through a proxy.
  return !no_memory_;
}

bool CurlTransfer::set_body() {
  if (request_.method == HttpRequest::Method::delete_)
    set(CURLOPT_CUSTOMREQUEST, "DELETE");
  else
    set(CURLOPT_POST, 1L);
  if (request_.body_file.empty()) {
    set(CURLOPT_POSTFIELDS, request_.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    return true;
  }
  body_file_.reset(std::fopen(request_.body_file.c_str(), "rbe"));
  struct stat status {};
  if (!body_file_ || fstat(fileno(body_file_.get()), &status) != 0) {
    note_unreadable(errno);
    return false;
  }
  // A pipe would be empty by now: its digest was computed first.
  if (!S_ISREG(status.st_mode)) {
    note_unreadable(S_ISDIR(status.st_mode) ? EISDIR : ESPIPE);
    return false;
  }
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(status.st_size));
  if (status.st_size == 0) {
    set(CURLOPT_POSTFIELDS, "");
    return true;
  }
  set(CURLOPT_READFUNCTION, &on_read);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_SEEKFUNCTION, &on_seek);
  set(CURLOPT_SEEKDATA, static_cast<void*>(this));
  return true;
}

std::size_t CurlTransfer::on_read(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<CurlTransfer*>(user);
  const auto read = std::fread(buffer, size, count, transfer.body_file_.get());
  if (std::ferror(transfer.body_file_.get()) != 0) {
    transfer.note_unreadable(errno);
    return CURL_READFUNC_ABORT;
  }
  if (read > 0)
    transfer.note_news(transfer.has_sent_);
  return read * size;
}

// Used if a connection was closed before a byte was sent on it, and is opened again.
int CurlTransfer::on_seek(void* user, curl_off_t offset, int origin) {
  auto* file = static_cast<CurlTransfer*>(user)->body_file_.get();
  return fseeko(file, static_cast<off_t>(offset), origin) == 0 ? CURL_SEEKFUNC_OK
                                                               : CURL_SEEKFUNC_FAIL;
}

// libcurl may be the caller, so nothing may be thrown.
void CurlTransfer::note_unreadable(int number) noexcept {
  file_unreadable_ = true;
  outcome_.failure = HttpOutcome::Failure::file_unreadable;
  try {
    outcome_.detail = "the file `" + request_.body_file + "` cannot be read (" +
                      std::generic_category().message(number) + ")";
  } catch (const std::bad_alloc&) {
    note_no_memory();
  }
}

HttpOutcome::Failure CurlTransfer::classify(CURLcode code) const {
  using Failure = HttpOutcome::Failure;
  if (no_memory_)
    return Failure::no_memory;
  if (file_unreadable_)
    return Failure::file_unreadable;
  if (blocked_address_)
    return Failure::not_local;
  if (no_descriptors_)
    return Failure::no_descriptors;
  if (tls_record_)
    return Failure::tls_required;
  if (not_http_)
    return Failure::protocol;
  if (too_many_headers_ || !handler_failure_.empty())
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
  case CURLE_OUT_OF_MEMORY:
    return Failure::no_memory;
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
    return is_no_tls(error_text_) ? Failure::tls_not_spoken : Failure::tls_failed;
  case CURLE_SSL_ENGINE_INITFAILED:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
    return Failure::tls_failed;
  default:
    return out_of_descriptors() ? Failure::no_descriptors : Failure::protocol;
  }
}

bool CurlTransfer::report() noexcept {
  if (std::exchange(has_sent_, false) && !handler_failed())
    guarded([](TransferHandler& handler) { handler.on_file_sent(); });
  if (std::exchange(has_news_, false) && !handler_failed())
    guarded([](TransferHandler& handler) { handler.on_read_done(); });
  return !handler_failed();
}

void CurlTransfer::note_no_memory() noexcept {
  no_memory_ = true;
  outcome_.failure = HttpOutcome::Failure::no_memory;
}

void CurlTransfer::note_outcome(CURLcode code) noexcept {
  try {
    describe_outcome(code);
  } catch (const std::bad_alloc&) {
    note_no_memory();
  }
}

void CurlTransfer::describe_outcome(CURLcode code) {
  outcome_.failure = classify(code);
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  outcome_.status = static_cast<int>(status);
  outcome_.retry_after = retry_after(easy_.get());
  const char* location = nullptr;
  if (curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &location) == CURLE_OK &&
      location != nullptr)
    outcome_.location = location;
  if (code != CURLE_OK && !file_unreadable_ && !no_memory_) {
    outcome_.reason = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
    outcome_.detail = "libcurl " + std::to_string(code) + ": " + outcome_.reason;
  }
  if (!handler_failure_.empty())
    outcome_.detail = "the answer could not be taken in: " + handler_failure_;
}

bool CurlTransfer::finish() noexcept {
  no_memory_ = false;
  guarded([this](TransferHandler& handler) { handler.on_finished(std::move(outcome_)); });
  return !no_memory_;
}

bool CurlTransfer::become_tls_probe() {
  const auto url = "https://" + request_.url.substr(std::string_view{"http://"}.size());
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_CONNECT_ONLY, 1L);
  set(CURLOPT_SSL_VERIFYPEER, 0L);
  set(CURLOPT_SSL_VERIFYHOST, 0L);
  set(CURLOPT_TIMEOUT_MS, tls_probe_ms);
  probes_tls_ = !std::exchange(no_memory_, false);
  return probes_tls_;
}

} // namespace nexus::llm
