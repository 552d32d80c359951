// Package pgtest starts PostgreSQL servers for tests. It names no driver, so the module that
// contains it depends on none.
package pgtest
