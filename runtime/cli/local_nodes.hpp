// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "config/config_file.hpp"
#include "config/file_io.hpp"
#include "nexus_llm/endpoint.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm::cli {

/// How the nodes of a machine are found: each keeps a file, named for its process, with the address
/// for clients of the same machine. The node holds a lock on its file until it ends, however that
/// happens, so that a file that is left over is told from that of a running node.

/// Returns the directory for the file of a node: that which systemd makes for a service
/// (`$RUNTIME_DIRECTORY`), or `nodes` in the state directory of the user. `nullopt` if there is
/// neither.
[[nodiscard]] std::optional<std::filesystem::path>
own_node_directory(const Environment& environment);

/// Returns the directories in which a user finds nodes: their own, and that of the service
/// (`/run/nexus-llm`).
[[nodiscard]] std::vector<std::filesystem::path> node_directories(const Environment& environment);

/// The file of a running node. Removes it in the destructor.
class NodeAnnouncement {
public:
  /// Writes the file. It appears as a whole or not at all.
  /// Errors: `internal_error` with the path and the reason.
  [[nodiscard]] static Result<NodeAnnouncement> make(const std::filesystem::path& directory,
                                                     const Endpoint& endpoint);
  NodeAnnouncement(NodeAnnouncement&& other) noexcept;
  NodeAnnouncement& operator=(NodeAnnouncement&&) = delete;
  ~NodeAnnouncement();

private:
  NodeAnnouncement(FileDescriptor file, std::filesystem::path path);

  FileDescriptor file_; ///< holds the lock
  std::filesystem::path path_;
};

/// Returns the nodes that run, ordered by the names of their files, each address once. Removes
/// files that are left over where it may. A directory that does not exist has none.
[[nodiscard]] std::vector<Endpoint>
running_nodes(const std::vector<std::filesystem::path>& directories);

} // namespace nexus::llm::cli
