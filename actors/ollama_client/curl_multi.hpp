// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"

namespace nexus::llm {

/// A multi handle of libcurl and the wait for its sockets. A round costs work for the sockets that
/// have news, not for all (epoll). For one thread, except `wake`.
class CurlMulti {
public:
  /// Initialises libcurl for the process. Throws `std::bad_alloc` if there is no memory.
  CurlMulti();
  ~CurlMulti() = default;
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Returns false if libcurl has no memory.
  [[nodiscard]] bool add(CURL* easy);
  void remove(CURL* easy);

  /// Waits for news of any socket, a timer or `wake`, and lets libcurl process it.
  void run_once();
  /// Returns the next transfer that has ended, or null.
  [[nodiscard]] CURLMsg* next_message();

  /// Ends the wait of `run_once`. Thread-safe.
  void wake();

private:
  using Clock = std::chrono::steady_clock;
  struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* user, void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* user);

  /// Whether there are the descriptors that the wait needs. If the process had none left, tries
  /// again while no transfer is under way.
  [[nodiscard]] bool can_wait();
  /// Returns false if the socket cannot be watched.
  [[nodiscard]] bool watch(curl_socket_t socket, int what);
  [[nodiscard]] int wait_milliseconds() const;

  FileDescriptor epoll_;
  std::mutex mutex_; ///< protects the existence of `woken_`
  std::optional<EventDescriptor> woken_;
  std::optional<Clock::time_point> timer_;
  std::size_t transfers_ = 0;
  std::unique_ptr<CURLM, MultiDeleter> multi_; ///< last: calls back while it is destroyed
};

} // namespace nexus::llm
