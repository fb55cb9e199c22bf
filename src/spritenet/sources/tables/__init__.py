"""Tables of images: CSV, text and parquet files with an image a row."""
