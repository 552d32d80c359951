// Package pgtest starts PostgreSQL servers for tests. It does not import a driver, so that its
// module does not depend on one.
package pgtest
