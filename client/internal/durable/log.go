package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Log is a file to which records are appended. It starts with a header line, and each record is a
// line. It is safe for concurrent use, and one Log at a time can have a file open. On Windows, that
// does not hold for two hard links of a file. After the first error it appends no further record.
type Log struct {
	unlock func() error

	mu   sync.Mutex
	file file
	err  error // the first error, or errClosed
}

// file is the part of an [os.File] that a Log uses after it has been opened.
type file interface {
	io.WriteCloser
	Sync() error
}

var errClosed = errors.New("the file is closed")

// OpenLog opens the log at path, and creates it if the file does not exist or is empty. It calls
// replay for each record, in order; complete is false for a last line without a line feed, which a
// killed process may leave. The function replay must return an error for a line that is neither a
// record nor, if complete is false, the beginning of one. OpenLog then returns the error and does
// not change the file. Otherwise it removes the incomplete line.
func OpenLog(path, header string, replay func(line []byte, complete bool) error) (*Log, error) {
	return openLog(path, header, replay, SyncDirectory)
}

// openLog is OpenLog with a replaceable function that syncs a directory.
func openLog(path, header string, replay func([]byte, bool) error, syncDirectory func(string) error) (*Log, error) {
	path, err := Resolve(path)
	if err != nil {
		return nil, err
	}
	unlock, err := TryLock(path)
	if err != nil {
		return nil, err
	}
	opened, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the caller's own path
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	l := &Log{unlock: unlock, file: opened}
	err = prepare(opened, header+"\n", replay)
	if err == nil { // without this, a crash of the machine could remove a new file with all its records
		err = syncDirectory(filepath.Dir(path))
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// prepare replays the records and removes an incomplete last line. It writes the header to a file that
// is new, or whose process was killed before it had written the header.
func prepare(file *os.File, header string, replay func([]byte, bool) error) error {
	start := make([]byte, len(header))
	n, err := io.ReadFull(file, start)
	switch {
	case !strings.HasPrefix(header, string(start[:n])):
		return fmt.Errorf("the file does not start with %q", strings.TrimSpace(header))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if _, err := file.WriteString(header[n:]); err != nil {
			return err
		}
		return file.Sync()
	case err != nil:
		return err
	}
	records, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	number, size := 1, int64(n)
	for line := range bytes.Lines(records) {
		number++
		record, complete := bytes.CutSuffix(line, []byte("\n"))
		if err := replay(record, complete); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if complete {
			size += int64(len(line))
		}
	}
	if _, err := file.Seek(size, io.SeekStart); err != nil {
		return err
	}
	return file.Truncate(size)
}

// Append appends a record, which must not contain a line feed. The record survives a crash of the
// process. With sync, it also survives a crash of the machine.
func (l *Log) Append(record []byte, sync bool) error {
	l.mu.Lock()
	if l.err == nil {
		_, l.err = l.file.Write(append(bytes.Clone(record), '\n'))
	}
	err := l.err
	l.mu.Unlock()
	if err != nil || !sync {
		return err
	}
	if err := l.file.Sync(); err != nil { // without the mutex, so that records are appended concurrently
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.err == nil {
			l.err = err
		}
		return err
	}
	return nil
}

// Err returns the error that prevents further records, or nil.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close syncs the file to the disk, closes it and releases its lock. It also returns the first
// error of Append. After the first call, Close does nothing and returns nil.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.err, errClosed) {
		return nil
	}
	err := errors.Join(l.err, l.file.Sync(), l.file.Close(), l.unlock())
	l.err = errClosed
	return err
}
