// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/ollama_client/transport.hpp"

namespace nexus::llm {

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
/// An easy handle of libcurl.
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;

/// One HTTP exchange in progress with libcurl: its request, its handler, and its outcome. Opens
/// sockets to this machine only, and catches what its handler throws. Its address must not change,
/// since libcurl keeps it. Use on the thread of the transport only. Its owner must remove the easy
/// handle from the multi handle before destroying it.
class CurlTransfer {
public:
  CurlTransfer(TransferId id, HttpRequest request, std::unique_ptr<TransferHandler> handler);

  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// The exchanges that have something to report.
  using News = std::vector<CurlTransfer*>;

  /// Makes an easy handle, which is new or reset, ready for a multi handle. From then on, the
  /// exchange enters itself into `news`, which must have room for it, once it has something to
  /// report. Returns false on failure; see `outcome`.
  [[nodiscard]] bool prepare(EasyHandle easy, const curl_slist* headers, News& news);
  /// Returns the easy handle, for another exchange.
  [[nodiscard]] EasyHandle release() noexcept { return std::move(easy_); }

  [[nodiscard]] TransferId id() const noexcept { return id_; }
  [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
  [[nodiscard]] const HttpOutcome& outcome() const noexcept { return outcome_; }
  [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
  /// The exchange that an easy handle was prepared for.
  [[nodiscard]] static CurlTransfer& of(CURL* easy);

  /// Notifies the handler that a round of reading is over, if it brought anything. Returns false if
  /// the handler has failed, now or before.
  [[nodiscard]] bool report() noexcept;
  /// Sets the outcome.
  void note_outcome(CURLcode code) noexcept;
  /// There was no memory for a part of the exchange.
  void note_no_memory() noexcept;
  /// Passes the outcome to the handler. Returns false if there was no memory for that: to be called
  /// again.
  [[nodiscard]] bool finish() noexcept;

  /// Turns the failed exchange into a TLS handshake with its server, on the same handle. No request
  /// is sent. Returns false if there is no memory.
  [[nodiscard]] bool become_tls_probe();
  [[nodiscard]] bool probes_tls() const noexcept { return probes_tls_; }
  /// The probe has found that the server speaks TLS.
  void note_tls_required() noexcept { outcome_.failure = HttpOutcome::Failure::tls_required; }

private:
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* user);
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* user);
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* user);
  static int on_seek(void* user, curl_off_t offset, int origin);
  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address);

  template <class Call> void guarded(Call call) noexcept;
  [[nodiscard]] bool handler_failed() const noexcept {
    return no_memory_ || !handler_failure_.empty();
  }
  /// Sets an option of the easy handle, and takes note if there is no memory for it.
  template <class Value> void set(CURLoption option, Value value);
  void describe_outcome(CURLcode code);
  void note_news(bool& flag);
  std::size_t take_body(std::string_view bytes);
  /// Returns false if the file cannot be read.
  [[nodiscard]] bool set_body();
  void note_unreadable(int number) noexcept;
  [[nodiscard]] HttpOutcome::Failure classify(CURLcode code) const;

  TransferId id_;
  HttpRequest request_;
  std::unique_ptr<TransferHandler> handler_;
  HttpOutcome outcome_;
  std::unique_ptr<std::FILE, FileCloser> body_file_;
  std::size_t header_bytes_ = 0;
  bool blocked_address_ = false;
  bool no_descriptors_ = false;
  bool tls_record_ = false; ///< the response began like a TLS record
  bool not_http_ = false;
  bool probes_tls_ = false;
  bool too_many_headers_ = false;
  bool file_unreadable_ = false;
  bool no_memory_ = false;
  News* news_ = nullptr;
  bool has_news_ = false;
  bool has_sent_ = false;       ///< a part of the file since the last report
  std::string handler_failure_; ///< what the handler threw; it gets no further calls
  char error_text_[CURL_ERROR_SIZE] = {};
  EasyHandle easy_;
};

} // namespace nexus::llm
