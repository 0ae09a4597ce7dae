import Testing
import Web

@Suite struct RoutesTests {
    private struct Broken: Error {}

    private func table() -> Routes {
        var routes = Routes()
        routes.on(.get, "/rooms/{room}/members/{user}") { request in
            .text("\(request.parameters["room"] ?? "")|\(request.parameters["user"] ?? "")")
        }
        routes.on(.put, "/rooms/{room}/members/{user}") { _ in .noContent }
        routes.on(.get, "/rooms/mine") { _ in .text("literal") }
        routes.on(.get, "/rooms/{room}") { _ in .text("parameter") }
        routes.on(.get, "/rooms/mine/settings") { _ in .text("settings") }
        routes.on(.get, "/") { _ in .text("page") }
        routes.on(.post, "/problem") { _ in
            throw Problem(.conflict, "taken", retryAfterSeconds: 3, headers: ["X-Why": "test"])
        }
        routes.on(.post, "/broken") { _ in throw Broken() }
        return routes
    }

    private func respond(_ method: Method, _ target: String) async throws -> Response {
        await table().respond(to: try #require(Request(method, target)))
    }

    private func text(_ response: Response) -> String { String(decoding: response.body, as: UTF8.self) }

    @Test(arguments: [
        ("/rooms/general/members/bob?x=1", "general|bob"), ("/rooms/a%2Fb/members/%C3%A9", "a/b|é"),
        ("/rooms/mine", "literal"), ("/rooms/other", "parameter"), ("/", "page"),
        ("/rooms/mine/members/bob", "mine|bob"), ("/rooms/mine/settings", "settings"),
    ]) func findsTheHandler(target: String, answer: String) async throws {
        let response = try await respond(.get, target)
        #expect(response.status == .ok)
        #expect(text(response) == answer)
    }

    @Test(arguments: ["/nowhere", "/rooms", "/rooms/", "/rooms/x/", "//", "/rooms//members/bob"])
    func knowsWhatIsNotThere(target: String) async throws {
        let response = try await respond(.get, target)
        #expect(response.status == .notFound)
        #expect(response.headers["Content-Type"] == "application/problem+json")
    }

    @Test func servesHeadByTheHandlerOfGet() async throws {
        #expect(try await respond(.head, "/rooms/mine").status == .ok)
    }

    @Test func namesTheAllowedMethods() async throws {
        let response = try await respond(.delete, "/rooms/a/members/b")
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers["Allow"] == "GET, HEAD, OPTIONS, PUT")
        #expect(try await respond(.options, "/rooms/a/members/b").status == .noContent)
    }

    @Test func theServerAsAWholeTellsAllMethods() async throws {
        let response = try await respond(.options, "*")
        #expect(response.status == .noContent)
        #expect(response.headers["Allow"] == "GET, HEAD, OPTIONS, POST, PUT")
    }

    @Test func turnsAThrownProblemIntoItsDocument() async throws {
        let response = try await respond(.post, "/problem")
        #expect(response.status == .conflict)
        #expect(response.headers["Retry-After"] == "3")
        #expect(response.headers["X-Why"] == "test")
        #expect(text(response) == #"{"code":"taken","status":409,"title":"Conflict","type":"about:blank"}"#)
    }

    @Test func hidesAFaultAndReportsIt() async throws {
        var routes = table()
        var answers: [Routes.Answer] = []
        routes.onAnswer = { answers.append($0) }
        let response = await routes.respond(to: try #require(Request(.post, "/broken")))
        #expect(response.status == .internalServerError)
        #expect(text(response).contains(#""code":"internal_error""#))
        #expect(answers.map(\.pattern) == ["/broken"])
        #expect(answers.first?.fault is Broken)
    }

    @Test func copiesAreIndependent() async throws {
        let original = table()
        var copy = original
        copy.on(.get, "/more") { _ in .noContent }
        #expect(await original.respond(to: try #require(Request(.get, "/more"))).status == .notFound)
        #expect(await copy.respond(to: try #require(Request(.get, "/more"))).status == .noContent)
    }
}
