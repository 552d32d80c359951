// Package pgtest starts PostgreSQL servers for tests. [Database] creates a database on a server
// that the tests of a package share; their TestMain calls [Main]. [Start] starts a server for one
// test, which can stop or crash it.
//
// The package does not import a driver, so that the module does not depend on one.
package pgtest
