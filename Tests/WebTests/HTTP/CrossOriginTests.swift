import Testing
import Web

/// What browsers are told about who may read an answer.
@Suite struct CrossOriginTests {
    private static let page = "https://app.example"

    private func respond(
        _ list: [String], _ method: Method, _ target: String = "/rooms", origins: [String],
        asking wanted: String? = nil
    ) async throws -> Headers {
        var routes = Routes()
        routes.on(.get, "/rooms") { _ in Response(headers: ["Vary": "Accept"]) }
        routes.on(.post, "/rooms") { _ in throw Problem(.conflict, "taken") }
        routes.on(.get, "/metrics") { _ in .text("secret") }
        routes.crossOrigin = CrossOrigin(OriginPolicy(list), closed: ["/metrics"])
        var headers = Headers()
        for origin in origins { headers.add("Origin", origin) }
        headers["Access-Control-Request-Method"] = wanted
        return await routes.respond(to: try #require(Request(method, target, headers: headers))).headers
    }

    @Test func anAllowedPageMayReadWhateverTheAnswerIs() async throws {
        for (method, target) in [(Method.get, "/rooms"), (.post, "/rooms"), (.get, "/nowhere")] {
            let headers = try await respond([Self.page], method, target, origins: [Self.page])
            #expect(headers["Access-Control-Allow-Origin"] == Self.page)
            #expect(headers.list("Vary").contains("Origin"))
            #expect(headers["Access-Control-Expose-Headers"]?.contains("Retry-After") == true)
            #expect(headers["Access-Control-Allow-Methods"] == nil)
        }
    }

    @Test func whatVariedBeforeStillDoes() async throws {
        let headers = try await respond([Self.page], .get, origins: [Self.page])
        #expect(headers.list("Vary") == ["Accept", "Origin"])
    }

    @Test func aPreflightIsAnsweredWithWhatThePageMaySend() async throws {
        let headers = try await respond([Self.page], .options, origins: [Self.page], asking: "POST")
        #expect(headers["Access-Control-Allow-Origin"] == Self.page)
        #expect(headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS, POST")
        #expect(headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type")
        #expect(headers["Access-Control-Max-Age"] == "600")
        #expect(headers["Access-Control-Expose-Headers"] == nil)
        #expect(headers.list("Vary").contains("Origin"))
    }

    /// Of two origins one might be heeded by whoever stands between.
    @Test(arguments: [
        ["https://evil.example"], ["https://app.example.evil"], ["http://app.example"], ["null"], [],
        ["https://app.example", "https://app.example"],
    ])
    func nobodyElseMayRead(origins: [String]) async throws {
        for method in [Method.get, .options] {
            let headers = try await respond([Self.page], method, origins: origins, asking: "GET")
            #expect(headers["Access-Control-Allow-Origin"] == nil)
            #expect(headers["Access-Control-Allow-Headers"] == nil)
            // The refusal of one must not be kept for another.
            #expect(headers.list("Vary").contains("Origin"))
        }
    }

    @Test func withoutAListNobodyIsToldAnything() async throws {
        let headers = try await respond([], .get, origins: [Self.page])
        #expect(headers["Access-Control-Allow-Origin"] == nil)
        #expect(headers.list("Vary") == ["Accept"])
    }

    @Test func allMayReadWhereAllAreAllowedButNeverWithCookies() async throws {
        for list in [["*"], ["*", Self.page]] {
            let headers = try await respond(list, .get, origins: ["https://anybody.example"])
            #expect(headers["Access-Control-Allow-Origin"] == "*")
            #expect(headers["Access-Control-Allow-Credentials"] == nil)
        }
    }

    @Test func whatIsForOperatorsStaysClosed() async throws {
        for list in [["*"], [Self.page]] {
            let headers = try await respond(list, .get, "/metrics", origins: [Self.page])
            #expect(headers["Access-Control-Allow-Origin"] == nil)
        }
    }
}
