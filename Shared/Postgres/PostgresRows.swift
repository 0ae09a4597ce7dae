/// What one statement returned: rows, and how many rows it touched.
///
/// All values lie in one buffer, so a result costs a handful of allocations however many rows it has.
public struct PostgresRows: Sendable, RandomAccessCollection {
    /// How many rows were inserted, updated, deleted or selected.
    public let affected: Int
    private let columns: Columns
    private let table: CellTable

    init(columns: [String], table: CellTable, affected: Int) {
        self.columns = Columns(columns)
        self.table = table
        self.affected = affected
    }

    /// Zero.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { table.rowCount }

    /// The row at a position below `count`.
    public subscript(position: Int) -> PostgresRow {
        PostgresRow(columns: columns, table: table, number: position)
    }

    /// The names of the columns, in order.
    public var columnNames: [String] { columns.names }
}

/// One row, a view into its result.
public struct PostgresRow: Sendable {
    fileprivate let columns: Columns
    fileprivate let table: CellTable
    fileprivate let number: Int

    /// The value in the column of this name; if there is none, each reading of the cell throws.
    public subscript(_ column: String) -> PostgresCell {
        PostgresCell(
            column: column, content: columns.index[column].flatMap { table.content(row: number, column: $0) })
    }

    /// The value in the column with this number from 0; if there is none, each reading of the cell throws.
    public subscript(_ column: Int) -> PostgresCell {
        let name = columns.names.indices.contains(column) ? columns.names[column] : "#\(column)"
        return PostgresCell(column: name, content: table.content(row: number, column: column))
    }
}

/// Names and their positions, shared by all rows of a result; the first of two equal names is found.
private final class Columns: Sendable {
    let names: [String]
    let index: [String: Int]

    init(_ names: [String]) {
        self.names = names
        index = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
    }
}

/// The values of a result, row after row, in one buffer.
struct CellTable: Sendable {
    /// What lies in a cell: NULL, or bytes in the server's text format.
    enum Content: Sendable { case null, bytes(ArraySlice<UInt8>) }

    private let columnCount: Int
    private var bytes: [UInt8] = []
    private var cells: [Range<Int>?] = []

    init(columnCount: Int) { self.columnCount = columnCount }

    var rowCount: Int { columnCount == 0 ? 0 : cells.count / columnCount }

    mutating func append(_ value: UnsafeRawBufferPointer?) {
        guard let value else { return cells.append(nil) }
        let start = bytes.count
        bytes.append(contentsOf: value)
        cells.append(start..<bytes.count)
    }

    func content(row: Int, column: Int) -> Content? {
        guard (0..<rowCount).contains(row), (0..<columnCount).contains(column) else { return nil }
        guard let range = cells[row * columnCount + column] else { return .null }
        return .bytes(bytes[range])
    }
}
