package durable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
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
	lockPath := path
	if runtime.GOOS == "windows" { // no other handle can read a locked file
		lockPath += ".lock"
	}
	unlock, err := TryLock(lockPath)
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

// prepare replays the records, removes an incomplete last line, and writes the header to a new
// file.
func prepare(file *os.File, header string, replay func([]byte, bool) error) error {
	size, err := replayAll(file, []byte(header), replay)
	if err != nil {
		return err
	}
	if err := file.Truncate(size); err != nil {
		return err
	}
	if _, err := file.Seek(size, io.SeekStart); err != nil || size > 0 {
		return err
	}
	if _, err := io.WriteString(file, header); err != nil {
		return err
	}
	return file.Sync()
}

// replayAll returns the size of the complete lines. It is 0 for a file that a process created and
// was killed before it had written the header.
func replayAll(from io.Reader, header []byte, replay func([]byte, bool) error) (size int64, err error) {
	reader := bufio.NewReader(from)
	start := make([]byte, len(header))
	n, err := io.ReadFull(reader, start)
	if !bytes.HasPrefix(header, start[:n]) {
		return 0, fmt.Errorf("the file does not start with %q", bytes.TrimSpace(header))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	size = int64(n)
	for number := 2; ; number++ {
		line, err := reader.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if len(line) == 0 {
			return size, nil
		}
		complete := err == nil
		if err := replay(bytes.TrimSuffix(line, []byte("\n")), complete); err != nil {
			return 0, fmt.Errorf("line %d: %w", number, err)
		}
		if !complete {
			return size, nil
		}
		size += int64(len(line))
	}
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
