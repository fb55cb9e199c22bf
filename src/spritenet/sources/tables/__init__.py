"""Tables of images: CSV, text and parquet files with one image per row."""
