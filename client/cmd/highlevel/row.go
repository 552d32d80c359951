package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

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
	number   int    // of its line
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
	r := &row{importer: im, number: record.line, region: im.region}
	if record.problem != "" {
		r.problems, r.invalid = []string{record.problem}, true
		return r
	}
	for _, c := range im.columns {
		cell := trim(record.cells[c.index])
		if cell == "" {
			continue
		}
		err := checkCell(cell)
		if err == nil {
			err = c.write(r, cell)
		}
		if err != nil {
			r.problems = append(r.problems, fmt.Sprintf("column %q: %v", c.header, err))
			r.invalid = r.invalid || !im.skipCells
		}
	}
	if im.tagMode == "replace" {
		r.request.Tags, r.tags = r.tags, nil
	}
	if problem := r.missing(); problem != "" {
		r.problems, r.invalid = append(r.problems, problem), true
	}
	return r
}

// missing returns the reason why the mode cannot import the row without further values, or "".
func (r *row) missing() string {
	hasName := r.request.FirstName.IsSpecified() || r.request.LastName.IsSpecified()
	switch mode := r.importer.mode; {
	case r.hasIdentifier(), mode == modeUpdate && r.id != "", mode == modeCreate && hasName:
		return ""
	case mode == modeUpdate:
		return "the row has no ID, email address or phone number to find its contact by"
	case mode == modeCreate:
		return "the row has no email address, phone number, first name or last name"
	}
	return "the row has no email address and no phone number: only --mode create imports it"
}

// hasIdentifier reports whether the row has a value by which its contact can be found.
func (r *row) hasIdentifier() bool {
	return r.request.Email.IsSpecified() || r.request.Phone.IsSpecified()
}

// identifiers returns the query for the contact of the row.
func (r *row) identifiers() client.DuplicateQuery {
	email, _ := r.request.Email.Get() // "" if it is not set
	phone, _ := r.request.Phone.Get()
	return client.DuplicateQuery{Email: email, Phone: phone}
}

// The following methods read cells. Their errors do not contain the cell.

func (r *row) text(cell string) (string, error) { return cell, nil }

func (r *row) line(cell string) (string, error) {
	if strings.ContainsAny(cell, "\r\n") {
		return "", errors.New("the cell has a line break: one of the quotation marks around it may be in the wrong place")
	}
	return cell, nil
}

func (r *row) email(cell string) (string, error) {
	address := strings.TrimPrefix(cell, "mailto:")
	found, err := mail.ParseAddress(address)
	if err != nil || found.Name != "" && !strings.HasSuffix(address, ">") {
		return "", errors.New("want one email address")
	}
	return found.Address, nil
}

func (r *row) phone(cell string) (string, error) { return parsePhone(cell, r.region) }

func (r *row) country(cell string) (code string, err error) {
	r.region, err = countryCode(cell) // "" does not fall back to another country
	return r.region, err
}

func (r *row) birthday(cell string) (string, error) {
	day, err := r.importer.parseDate(cell)
	if err == nil && day.After(time.Now()) {
		err = errors.New("the date is in the future")
	}
	return day.Format(time.DateOnly), err
}

func (r *row) setName(cell string) error {
	name, err := r.line(cell)
	switch {
	case err != nil:
		return err
	case !r.importer.splitName:
		r.request.Name = client.Set(name)
		return nil
	}
	first, last := splitName(name)
	r.request.FirstName = client.Set(first)
	if last != "" {
		r.request.LastName = client.Set(last)
	}
	return nil
}

func (r *row) setDND(cell string) error {
	switch strings.ToLower(cell) {
	case "true", "yes", "y", "1", "on":
		r.request.DND = client.Set(true)
	case "false", "no", "n", "0", "off":
		r.request.DND = client.Set(false)
	default:
		return errors.New("want true or false")
	}
	return nil
}

func (r *row) setTags(cell string) (err error) {
	r.tags, err = splitList(cell, r.importer.separator)
	return err
}

func (r *row) setCustomField(def client.CustomFieldDefinition, cell string) error {
	value, err := r.importer.fieldValue(def, cell)
	if err != nil {
		return err
	}
	input, err := def.Input(value)
	switch {
	case err != nil && len(def.Options) > 0:
		return fmt.Errorf("not a value of a custom field that has the options %s", strings.Join(def.Options, ", "))
	case err != nil:
		return fmt.Errorf("not a value of a custom field of type %s", def.DataType)
	}
	r.request.CustomFields = append(r.request.CustomFields, input)
	return nil
}
