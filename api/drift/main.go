// Drift compares the vendor's OpenAPI document with ours and prints what api/differences.yaml does
// not list: one line for each operation, parameter, response and property with new differences, or
// with listed differences that no longer exist. The exit status is 1 if it printed a line, and 2 if
// it failed.
//
//	go run . [-ours file] [-known file] <path or URL of the vendor's document>
//	go run . [-known file] -notes file [-check]
//
// The second form writes the tables of api/NOTES.md from the known differences, or checks that they
// are up to date.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// errDrift indicates that run printed a line.
var errDrift = errors.New("the documents differ in ways that are not listed")

func main() {
	switch err := run(os.Args[1:], os.Stdout); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errDrift):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "drift:", err)
		os.Exit(2)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("drift", flag.ContinueOnError)
	ours := flags.String("ours", "../contacts.yaml", "our document")
	knownFile := flags.String("known", "../differences.yaml", "the known differences")
	notes := flags.String("notes", "", "write the tables of this `page` instead of comparing")
	check := flags.Bool("check", false, "with -notes: fail if the tables are out of date, and write nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *check && *notes == "" {
		return errors.New("-check: set -notes to the page")
	}
	k, err := readKnown(*knownFile)
	if err != nil {
		return err
	}
	if *notes != "" {
		return updateNotes(*notes, k, *check)
	}
	if flags.NArg() != 1 {
		return errors.New("pass the path or URL of the vendor's document")
	}
	lines, err := documentDrift(flags.Arg(0), *ours, k)
	if err != nil {
		return err
	}
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
	if len(lines) > 0 {
		return errDrift
	}
	return nil
}

// documentDrift returns the lines to print for the vendor's document at address.
func documentDrift(address, ours string, k *known) ([]string, error) {
	theirDoc, err := load(address)
	if err != nil {
		return nil, fmt.Errorf("load the vendor's document: %w", err)
	}
	ourDoc, err := load(ours)
	if err != nil {
		return nil, fmt.Errorf("load our document: %w", err)
	}
	found, used, err := compare(theirDoc, ourDoc, k.schemas())
	if err != nil {
		return nil, err
	}
	facts, err := k.facts()
	if err != nil {
		return nil, err
	}
	return drift(found, ofUsedSchemas(facts, k.schemas(), used)), nil
}

// load reads a document and the files that it refers to.
func load(address string) (*openapi3.T, error) {
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = true // the vendor's schemas of errors are in another file
	client := &http.Client{Timeout: 30 * time.Second}
	loader.ReadFromURIFunc = openapi3.ReadFromURIs(openapi3.ReadFromHTTP(client), openapi3.ReadFromFile)
	if strings.Contains(address, "://") {
		location, err := url.Parse(address)
		if err != nil {
			return nil, errors.New("invalid URL")
		}
		return loader.LoadFromURI(location)
	}
	return loader.LoadFromFile(address)
}

func updateNotes(file string, k *known, check bool) error {
	page, err := os.ReadFile(file) //nolint:gosec // the path is the user's
	if err != nil {
		return fmt.Errorf("read the notes: %w", err)
	}
	updated, err := writeNotes(string(page), k)
	if err != nil {
		return err
	}
	switch {
	case updated == string(page):
		return nil
	case check:
		return fmt.Errorf("the tables of %s are out of date: run \"make notes\"", file)
	}
	return os.WriteFile(file, []byte(updated), 0o644) //nolint:gosec // a page of the repository
}
