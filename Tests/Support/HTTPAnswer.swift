internal import Foundation
internal import FoundationNetworking
public import Schema

/// What a service answered to a request, as its clients see it.
public struct HTTPAnswer: Sendable {
    /// The status code.
    public let status: Int
    /// The body; null where there is none.
    public let json: JSONValue
    private let headers: [String: String]

    /// Asks a service on this machine; the body is sent as it stands.
    public static func asking(
        _ method: String, _ target: String, port: Int, body: [UInt8]? = nil, token: String? = nil,
        contentType: String = "application/json"
    ) async throws -> HTTPAnswer {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(target)") else { throw URLError(.badURL) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.timeoutInterval = 60
        // A connection that is kept would keep the service from stopping at once.
        request.setValue("close", forHTTPHeaderField: "Connection")
        request.httpBody = body.map { Data($0) }
        if body != nil { request.setValue(contentType, forHTTPHeaderField: "Content-Type") }
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
        return try HTTPAnswer(response, body: Array(data))
    }

    private init(_ response: HTTPURLResponse, body: [UInt8]) throws {
        status = response.statusCode
        json = body.isEmpty ? .null : try JSONValue(parsing: body)
        var headers: [String: String] = [:]
        for (name, value) in response.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
        self.headers = headers
    }

    /// A field of the header, by its name in any case.
    public func header(_ name: String) -> String? { headers[name.lowercased()] }

    /// A member of the body.
    public subscript(name: String) -> JSONValue? { json[name] }

    /// The word of a problem.
    public var code: String? { json["code"]?.text }
}
