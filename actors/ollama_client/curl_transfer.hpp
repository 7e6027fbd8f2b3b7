#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "actors/ollama_client/transport.hpp"

namespace nexus::llm {

/// One HTTP exchange under way with libcurl: what is asked for, what it gives to its handler, and
/// how it ended. It opens sockets to this machine alone, and passes nothing on that its handler
/// throws. Its address must not change: libcurl holds it. One thread, that of the transport; who
/// owns it takes its handle from the multi handle first.
class CurlTransfer {
public:
  CurlTransfer(TransferId id, HttpRequest request, std::unique_ptr<TransferHandler> handler);

  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Makes the handle, ready for a multi handle. False where that cannot be, as `outcome` tells.
  [[nodiscard]] bool prepare(const curl_slist* headers);

  [[nodiscard]] TransferId id() const noexcept { return id_; }
  [[nodiscard]] const HttpRequest& request() const noexcept { return request_; }
  [[nodiscard]] const HttpOutcome& outcome() const noexcept { return outcome_; }
  [[nodiscard]] CURL* easy() const noexcept { return easy_.get(); }
  /// The exchange of a handle that `prepare` has made.
  [[nodiscard]] static CurlTransfer& of(CURL* easy);

  /// Tells the handler that a round of reading is over, where it brought something.
  void report();
  /// Notes how the exchange ended.
  void note_outcome(CURLcode code);
  /// Tells the handler how the exchange ended.
  void finish();

  /// Turns the failed exchange into a handshake of TLS with its server, on the same handle. Nothing
  /// is sent.
  void become_tls_probe();
  [[nodiscard]] bool probes_tls() const noexcept { return probes_tls_; }
  /// The server of the probe speaks TLS.
  void note_tls_required() { outcome_.failure = HttpOutcome::Failure::tls_required; }

private:
  struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* user);
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* user);
  static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* user);
  static int on_seek(void* user, curl_off_t offset, int origin);
  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address);

  template <class Call> void guarded(Call call);
  std::size_t take_body(std::string_view bytes);
  /// False where the file cannot be read.
  [[nodiscard]] bool set_body();
  void note_unreadable(int number);
  [[nodiscard]] HttpOutcome::Failure classify(CURLcode code) const;

  TransferId id_;
  HttpRequest request_;
  std::unique_ptr<TransferHandler> handler_;
  HttpOutcome outcome_;
  std::unique_ptr<std::FILE, FileCloser> body_file_;
  std::size_t header_bytes_ = 0;
  bool blocked_address_ = false;
  bool no_descriptors_ = false;
  bool tls_record_ = false; ///< the answer began as one of TLS does
  bool not_http_ = false;
  bool probes_tls_ = false;
  bool too_many_headers_ = false;
  bool file_unreadable_ = false;
  bool has_news_ = false;
  bool has_sent_ = false;       ///< a part of the file
  std::string handler_failure_; ///< what the handler threw; nothing more is passed to it
  char error_text_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<CURL, EasyDeleter> easy_;
};

} // namespace nexus::llm
