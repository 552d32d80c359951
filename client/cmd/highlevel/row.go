package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client"
)

// The values of --mode.
const (
	modeUpsert = "upsert"
	modeCreate = "create"
	modeUpdate = "update"
)

// row is a row of a file to import.
type row struct {
	importer *importer
	line     int
	key      string // identifies the row in a report
	region   string // country by which its phone number is read, a two-letter code; empty if there is none
	id       string // ID of the contact, for an update
	request  request
	tags     []string
	problems []string // reasons why the row, or with --skip-cells a cell, is not imported
	invalid  bool     // the row is not imported
	unclear  bool     // an earlier run may have created the contact
}

// parseRows returns the rows of a table.
func (im *importer) parseRows(records []record) []*row {
	seen := map[string]int{}
	rows := make([]*row, 0, len(records))
	for _, record := range records {
		r := im.parseRow(record)
		digest := sha256.Sum256([]byte(strings.Join(record.cells, "\x00")))
		seen[string(digest[:])]++
		r.key = fmt.Sprintf("%s-%d", hex.EncodeToString(digest[:8]), seen[string(digest[:])]) // equal rows differ in the number
		rows = append(rows, r)
	}
	return rows
}

func (im *importer) parseRow(record record) *row {
	r := &row{importer: im, line: record.line, region: im.region}
	if record.problem != "" {
		r.problems, r.invalid = []string{record.problem}, true
		return r
	}
	for _, c := range im.columns {
		cell := trim(record.cells[c.index])
		if cell == "" {
			continue
		}
		if err := r.setCell(&c, cell); err != nil {
			r.problems = append(r.problems, fmt.Sprintf("column %q: %v", c.name, err))
			r.invalid = r.invalid || !im.skipCells
		}
	}
	if im.replaceTags {
		r.request.Tags, r.tags = r.tags, nil
	}
	if problem := r.missing(); problem != "" {
		r.problems = append(r.problems, problem)
		r.invalid = true
	}
	return r
}

// setCell sets the value of a column. Its error does not contain the value.
func (r *row) setCell(c *column, cell string) error {
	if err := checkCell(cell); err != nil {
		return err
	}
	if c.custom.ID == "" {
		return c.property.set(r, cell)
	}
	value, err := r.importer.fieldValue(c.custom, cell)
	if err != nil {
		return err
	}
	input, err := c.custom.Input(value)
	if err != nil {
		return fmt.Errorf("not a value of a custom field of type %s%s", c.custom.DataType, optionsOf(c.custom))
	}
	r.request.CustomFields = append(r.request.CustomFields, input)
	return nil
}

func optionsOf(def client.CustomFieldDefinition) string {
	if len(def.Options) == 0 {
		return ""
	}
	return ", which has the options " + strings.Join(def.Options, ", ")
}

// missing returns the reason why the mode cannot import the row without further values, or "".
func (r *row) missing() string {
	switch {
	case r.importer.mode == modeUpdate && r.id == "" && !r.hasIdentifier():
		return "the row has no ID, email address or phone number to find its contact by"
	case r.importer.mode == modeUpsert && !r.hasIdentifier():
		return "the row has no email address and no phone number: only --mode create imports it"
	case r.importer.mode == modeCreate && !r.hasIdentifier() && !r.request.FirstName.IsSpecified() && !r.request.LastName.IsSpecified():
		return "the row has no email address, phone number, first name or last name"
	}
	return ""
}

// hasIdentifier reports whether the row has a value by which its contact can be found.
func (r *row) hasIdentifier() bool {
	return r.request.Email.IsSpecified() || r.request.Phone.IsSpecified()
}

// value returns a property of a request, or "".
func value(field nullable) string {
	text, _ := field.Get() // "" if it is not set
	return text
}
