package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// encoder writes contacts as CSV or JSON lines.
type encoder struct {
	isCSV       bool
	spreadsheet bool // neutralize cells that a spreadsheet would execute
	definitions client.CustomFieldDefinitions
	lost        int // values of custom fields without a definition, which CSV does not contain
}

// header returns the first line: the names of the columns of CSV.
func (e *encoder) header() []byte {
	if !e.isCSV {
		return nil
	}
	return append(encodeRow(e.neutralize(headerOf(e.definitions))), '\n')
}

func headerOf(definitions client.CustomFieldDefinitions) []string {
	var names []string
	for _, p := range properties {
		if p.get != nil {
			names = append(names, p.name)
		}
	}
	for _, def := range definitions {
		names = append(names, columnName(def, definitions))
	}
	return names
}

// encode returns the lines of contacts. A JSON line contains every property.
func (e *encoder) encode(contacts []client.Contact) ([]byte, error) {
	var buffer bytes.Buffer
	for i := range contacts {
		var line []byte
		if e.isCSV {
			e.lost += unknownFields(&contacts[i], e.definitions)
			line = encodeRow(e.neutralize(cellsOf(&contacts[i], e.definitions)))
		} else {
			var err error
			if line, err = json.Marshal(&contacts[i]); err != nil {
				return nil, err
			}
		}
		buffer.Write(line)
		buffer.WriteByte('\n')
	}
	return buffer.Bytes(), nil
}

// cellsOf returns the cells of a contact in the order of headerOf.
func cellsOf(contact *client.Contact, definitions client.CustomFieldDefinitions) []string {
	var cells []string
	for _, p := range properties {
		if p.get != nil {
			cells = append(cells, p.get(contact))
		}
	}
	for _, def := range definitions {
		cells = append(cells, customCell(def, client.CustomFieldByID(contact, def.ID)))
	}
	return cells
}

func customCell(def client.CustomFieldDefinition, value client.FieldValue) string {
	day, isTime := value.Time()
	isList := strings.HasPrefix(string(value.Raw), "[")
	switch {
	case def.DataType == "DATE" && isTime:
		return day.Format(time.DateOnly)
	case isList && def.DataType == "FILE_UPLOAD" && len(value.List()) > 0:
		return string(value.Raw)
	case isList:
		return joinList(value.List())
	}
	return value.Text()
}

func unknownFields(contact *client.Contact, definitions client.CustomFieldDefinitions) int {
	unknown := 0
	for _, field := range contact.CustomFields {
		if len(findFields(field.ID, definitions)) == 0 {
			unknown++
		}
	}
	return unknown
}

// neutralize makes a spreadsheet show cells as text that it would execute as formulas.
func (e *encoder) neutralize(cells []string) []string {
	for i, cell := range cells {
		if e.spreadsheet && cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			cells[i] = "'" + cell
		}
	}
	return cells
}

// parseContacts returns the contacts of JSON lines as the table that an export to CSV has.
func parseContacts(text string, definitions client.CustomFieldDefinitions) (header []string, rows []record) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		contact, _, err := client.DecodeContact([]byte(line))
		if err != nil {
			rows = append(rows, record{line: number, problem: "the line is not a contact in JSON"})
			continue
		}
		r := record{line: number, cells: cellsOf(contact, definitions)}
		if unknown := unknownFields(contact, definitions); unknown > 0 {
			r.problem = fmt.Sprintf("the location has no definition of %d custom fields of the contact", unknown)
		}
		rows = append(rows, r)
	}
	return headerOf(definitions), rows
}
