// SPDX-License-Identifier: Apache-2.0
#include "api/server.hpp"

#include <map>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <microhttpd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/listen.hpp"
#include "api/loopback.hpp"
#include "api/peer.hpp"
#include "api/routes.hpp"
#include "api/server_message.hpp"
#include "base/fd.hpp"

namespace lb::api {
namespace {

/// For the head of a request and of its answer, and the piece of a body that is being read.
constexpr std::size_t kConnectionMemory = 16 * 1024;

struct StopDaemon {
    void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};

/// One connection.  The deadline shuts the socket down; libmicrohttpd then closes it.
struct Client {
    Client(Loop& loop, int fd, Caller who) : socket{fd}, caller{who}, deadline{loop} {}
    void hang_up_in(std::chrono::milliseconds delay) {
        quiet_since = Loop::now();
        deadline.in(delay, [fd = socket] { shutdown(fd, SHUT_RDWR); });
    }
    void wait_for_core() {
        quiet_since.reset();
        deadline.cancel();  // the Core has its own
    }
    int socket;  // libmicrohttpd's
    Caller caller;
    Timer deadline;
    std::optional<Time> quiet_since;  // nothing: it waits for us
};

/// One request, from its head to the end of its answer.
struct Exchange {
    MHD_Connection* connection;
    Client& client;
    std::variant<Match, Response> routed;
    std::string body{};
    bool is_too_large = false, is_asked = false, is_suspended = false;
    std::optional<Response> response{};

    void take(const char* piece, std::size_t size) {
        const auto* match = std::get_if<Match>(&routed);
        if (!match || is_too_large) return;  // read and forgotten: the answer is settled
        is_too_large = size > match->route->largest_body - body.size();
        if (!is_too_large) body.append(piece, size);
    }
};

std::map<std::string, std::string> query_of(MHD_Connection* connection) {
    std::map<std::string, std::string> query;
    const auto take = [](void* into, MHD_ValueKind, const char* key, const char* value) {
        static_cast<decltype(query)*>(into)->emplace(key, value ? value : "");
        return MHD_YES;
    };
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take, &query);
    return query;
}

}  // namespace

struct Server::Inside {
    Inside(Loop& l, Core& c, const Limits& limits_) : loop{l}, core{c}, limits{limits_}, timer{l} {}
    ~Inside();
    Inside(const Inside&) = delete;

    Result<> start(Result<Fd> listener);
    std::variant<Match, Response> judge(MHD_Connection* connection, const char* path,
                                        const char* method, const Caller& caller) const;
    void run();
    void ask(const std::shared_ptr<Exchange>& exchange);
    MHD_Result answer(Exchange& exchange);
    Client& enter(MHD_Connection* connection);
    void leave(Client* client);
    void free_a_seat();

    // libmicrohttpd's callbacks; `self` is an Inside.
    static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                                 const char* method, const char* version, const char* piece,
                                 std::size_t* piece_size, void** state) noexcept;
    static void on_completed(void* self, MHD_Connection* connection, void** state,
                             MHD_RequestTerminationCode why) noexcept;
    static void on_connection(void* self, MHD_Connection* connection, void** state,
                              MHD_ConnectionNotificationCode what) noexcept;

    Loop& loop;
    Core& core;
    Limits limits;
    std::string path;  // of the unix socket; empty: we are at the loopback door
    bool is_loopback() const { return path.empty(); }
    std::optional<gid_t> admins = group_named("lbd-admin");
    std::map<Client*, std::unique_ptr<Client>> clients;
    // Shared with the reply that the Core holds, which may come after the client went.
    std::map<Exchange*, std::shared_ptr<Exchange>> exchanges;
    std::unique_ptr<MHD_Daemon, StopDaemon> daemon;
    Fd events;  // a dup of its epoll descriptor: the loop's registration must not outlive it
    std::optional<Watch> watch;
    bool somebody_left = false;
    Timer timer;
};

// ------------------------------------------------------------------------------------- requests

/// Called with the head, with each piece of the body, then once more: that is the request.  Called
/// again when a suspended connection goes on.
MHD_Result Server::Inside::on_request(void* self, MHD_Connection* connection, const char* path,
                                      const char* method, const char* /*version*/,
                                      const char* piece, std::size_t* piece_size,
                                      void** state) noexcept {
    auto& server = *static_cast<Inside*>(self);
    if (!*state) {  // on_completed() takes it back, even if the client goes away
        const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        auto& client = *static_cast<Client*>(info->socket_context);
        auto exchange = std::make_shared<Exchange>(
            Exchange{connection, client, server.judge(connection, path, method, client.caller)});
        *state = exchange.get();
        server.exchanges.emplace(exchange.get(), std::move(exchange));
        return MHD_YES;
    }
    auto& exchange = *static_cast<Exchange*>(*state);
    if (*piece_size == 0) return server.answer(exchange);
    exchange.take(piece, std::exchange(*piece_size, 0));
    return MHD_YES;
}

std::variant<Match, Response> Server::Inside::judge(MHD_Connection* connection, const char* wanted,
                                                    const char* method,
                                                    const Caller& caller) const {
    if (!is_loopback()) return route(method, wanted, caller);
    const auto* said =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    const std::string host = said ? said : "";
    if (!is_own_host(host)) return wrong_host(host);
    return route(method, wanted, caller, Door::loopback);
}

MHD_Result Server::Inside::answer(Exchange& exchange) {
    if (!std::exchange(exchange.is_asked, true)) {
        ask(exchanges.at(&exchange));
        exchange.is_suspended = !exchange.response;
        if (exchange.is_suspended) {
            exchange.client.wait_for_core();
            MHD_suspend_connection(exchange.connection);
            return MHD_YES;
        }
    }
    if (!exchange.response) return MHD_NO;  // resumed because we stop
    exchange.client.hang_up_in(limits.deadline);
    return send(exchange.connection, *exchange.response);
}

void Server::Inside::ask(const std::shared_ptr<Exchange>& exchange) {
    if (auto* settled = std::get_if<Response>(&exchange->routed)) {
        exchange->response = std::move(*settled);
        return;
    }
    auto& match = std::get<Match>(exchange->routed);
    if (exchange->is_too_large) {
        exchange->response = too_large(match.route->largest_body);
        return;
    }
    const auto respond = [this, waiting = std::weak_ptr{exchange}](Response response) {
        const auto still_there = waiting.lock();
        if (!still_there || still_there->response) return;
        still_there->response = std::move(response);
        if (!std::exchange(still_there->is_suspended, false)) return;
        MHD_resume_connection(still_there->connection);
        // libmicrohttpd 0.9.75 wakes nobody who waits on its epoll descriptor from outside.
        timer.in(std::chrono::nanoseconds{0}, [this] { run(); });
    };
    const Request request{exchange->client.caller, query_of(exchange->connection),
                          std::move(exchange->body), std::move(match.names)};
    match.route->handle(core, request, respond);
}

void Server::Inside::on_completed(void* self, MHD_Connection*, void** state,
                                  MHD_RequestTerminationCode) noexcept {
    auto& server = *static_cast<Inside*>(self);
    auto* exchange = static_cast<Exchange*>(std::exchange(*state, nullptr));
    if (!exchange) return;
    exchange->client.hang_up_in(server.limits.deadline);  // or sends the next request
    server.exchanges.erase(exchange);
}

// ---------------------------------------------------------------------------------- connections

void Server::Inside::on_connection(void* self, MHD_Connection* connection, void** state,
                                   MHD_ConnectionNotificationCode what) noexcept {
    auto& server = *static_cast<Inside*>(self);
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        *state = &server.enter(connection);
    else
        server.leave(static_cast<Client*>(std::exchange(*state, nullptr)));
}

Client& Server::Inside::enter(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const auto caller = is_loopback() ? Caller{} : peer_of(info->connect_fd, admins);
    unsigned of_this_user = 1;
    for (const auto& [other, owner] : clients)
        of_this_user += other->caller.uid == caller.uid ? 1 : 0;
    auto owner = std::make_unique<Client>(loop, info->connect_fd, caller);
    auto& client = *owner;
    clients.emplace(&client, std::move(owner));
    client.hang_up_in(limits.deadline);
    if (caller.uid != 0 && of_this_user > limits.clients_per_user)
        shutdown(client.socket, SHUT_RDWR);
    if (is_loopback() && clients.size() == limits.clients) free_a_seat();
    return client;
}

/// On loopback nobody can be told from others: those who sit there and neither ask nor read,
/// longest of all, make way for those who come.
void Server::Inside::free_a_seat() {
    Client* longest = nullptr;
    for (const auto& [client, owner] : clients)
        if (client->quiet_since && (!longest || client->quiet_since < longest->quiet_since))
            longest = client;
    if (longest) shutdown(longest->socket, SHUT_RDWR);
}

void Server::Inside::leave(Client* client) {
    clients.erase(client);
    somebody_left = true;
}

// ------------------------------------------------------------------------------------- the loop

Result<> Server::Inside::start(Result<Fd> listener) {
    if (!listener) return listener.error().in("open the API");
    daemon.reset(MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr, on_request, this,
        MHD_OPTION_LISTEN_SOCKET, listener->release(), MHD_OPTION_CONNECTION_LIMIT, limits.clients,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, this, MHD_OPTION_NOTIFY_CONNECTION, on_connection, this, MHD_OPTION_END));
    if (!daemon) return Error{"open the API: libmicrohttpd did not start"};
    const auto* info = MHD_get_daemon_info(daemon.get(), MHD_DAEMON_INFO_EPOLL_FD);
    events = Fd{fcntl(info->epoll_fd, F_DUPFD_CLOEXEC, 0)};
    if (!events) return Error::from_errno("open the API: dup", errno);
    watch.emplace(loop, events.get(), [this] { run(); });
    return {};
}

void Server::Inside::run() {
    do {
        somebody_left = false;
        MHD_run(daemon.get());
    } while (somebody_left);  // it listens again only in the run after the one that freed a seat
    MHD_UNSIGNED_LONG_LONG delay = 0;
    if (MHD_get_timeout(daemon.get(), &delay) == MHD_YES)
        timer.in(std::chrono::milliseconds{delay}, [this] { run(); });
    else
        timer.cancel();
}

Server::Inside::~Inside() {
    if (!path.empty()) unlink(path.c_str());
    for (const auto& [exchange, owner] : exchanges)  // it may not be stopped with suspended ones
        if (std::exchange(exchange->is_suspended, false))
            MHD_resume_connection(exchange->connection);
    watch.reset();
    daemon.reset();  // completes every exchange, closes every connection
}

Result<std::unique_ptr<Server>> Server::open(Loop& loop, const std::string& socket_path, Core& core,
                                             const Limits& limits) {
    auto inside = std::make_unique<Inside>(loop, core, limits);
    auto listener = listen_at(socket_path, "lbd");
    if (listener) inside->path = socket_path;
    if (const auto started = inside->start(std::move(listener)); !started) return started.error();
    return std::unique_ptr<Server>{new Server{std::move(inside)}};
}

Result<std::unique_ptr<Server>> Server::open(Loop& loop, const Endpoint& where, Core& core,
                                             const Limits& limits) {
    auto inside = std::make_unique<Inside>(loop, core, limits);
    if (const auto started = inside->start(listen_at(where)); !started) return started.error();
    return std::unique_ptr<Server>{new Server{std::move(inside)}};
}

Server::Server(std::unique_ptr<Inside> inside) : inside_{std::move(inside)} {}
Server::~Server() = default;

}  // namespace lb::api
