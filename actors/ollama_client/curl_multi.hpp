// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "config/event_descriptor.hpp"
#include "config/file_io.hpp"

namespace nexus::llm {

/// Multi handles of libcurl and the wait for their sockets. A round costs work for the sockets that
/// have news, not for all (epoll). For one thread, except `wake`.
///
/// One multi handle serves all but great crowds of transfers. For these there are more, since
/// libcurl looks at all connections of a multi handle for each transfer that begins or ends.
class CurlMulti {
public:
  /// Initialises libcurl for the process. Throws `std::bad_alloc` if there is no memory.
  CurlMulti();
  ~CurlMulti() = default;
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  /// Returns false if there is no memory.
  [[nodiscard]] bool add(CURL* easy);
  void remove(CURL* easy);

  /// Waits for news of any socket, a timer or `wake`, at most for `longest`, and lets libcurl
  /// process it.
  void run_once(std::optional<std::chrono::milliseconds> longest = std::nullopt);
  /// Whether libcurl had no memory for any transfers. These must be removed.
  [[nodiscard]] bool has_lost_any() const;
  /// Whether libcurl had no memory for this transfer, or for another one beside it.
  [[nodiscard]] bool has_lost(CURL* easy) const { return transfers_.at(easy)->broken; }
  /// Returns the next transfer that has ended, or null.
  [[nodiscard]] CURLMsg* next_message();

  /// Ends the wait of `run_once`. Thread-safe.
  void wake();

private:
  using Clock = std::chrono::steady_clock;
  struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };

  struct Shard {
    CurlMulti* owner;
    std::uint32_t index;
    std::size_t transfers = 0;
    bool broken = false; ///< libcurl had no memory for a socket, and may not be used any more
    std::optional<Clock::time_point> timer = {};
    std::unique_ptr<CURLM, MultiDeleter> multi = {}; ///< last: calls back while it is destroyed
  };
  static constexpr std::size_t most_transfers_of_shard = 256;

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* user, void* known);
  static int on_timer(CURLM* multi, long milliseconds, void* user);

  /// Whether there are the descriptors that the wait needs. If the process had none left, tries
  /// again while no transfer is under way.
  [[nodiscard]] bool can_wait();
  /// Returns false if the socket cannot be watched.
  [[nodiscard]] bool watch(const Shard& shard, curl_socket_t socket, int what);
  [[nodiscard]] int wait_milliseconds(std::optional<std::chrono::milliseconds> longest) const;
  /// Returns a shard with room for another transfer, or null if there is no memory.
  [[nodiscard]] Shard* shard_with_room();
  [[nodiscard]] Shard* make_shard();
  /// Gives a shard a multi handle. Returns false if there is no memory.
  [[nodiscard]] bool make_multi(Shard& shard);
  /// Makes a broken shard forget its multi handle once it has no transfers.
  static void renew_if_idle(Shard& shard);
  /// Lets libcurl process news of a socket.
  static void process(Shard& shard, curl_socket_t socket, int news);
  /// Makes the shards call back, so that `run_once` knows what to wait for.
  void connect(Shard& shard);

  FileDescriptor epoll_;
  std::mutex mutex_; ///< protects the existence of `woken_`
  std::optional<EventDescriptor> woken_;
  std::unordered_map<CURL*, Shard*> transfers_;
  std::vector<std::unique_ptr<Shard>> shards_; ///< last: they call back while they are destroyed
};

} // namespace nexus::llm
